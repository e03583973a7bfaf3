"""YAML files into pydantic models, with errors that name the file, the key and what is allowed.

The one place that reads YAML. A key given twice is an error: PyYAML would silently take the last.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agent.errors import ConfigurationError, in_words

M = TypeVar("M", bound=BaseModel)


def load_model(model: type[M], path: Path) -> tuple[M, str]:
    """The model that the file holds, and the first 12 hexadecimal digits of the file's SHA-256.

    Raises:
        ConfigurationError: the file is missing, isn't YAML, or says something that it may not.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"读不到 {path}：{in_words(error)}。请检查路径，或用 report-agent init 生成一份。"
        ) from error
    try:
        return model.model_validate(parse(raw.decode("utf-8-sig"), path)), hashlib.sha256(raw).hexdigest()[
            :12
        ]
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} 不是 UTF-8 编码（第 {error.start} 字节起）。请用 UTF-8 另存。"
        ) from error
    except ValidationError as error:
        raise ConfigurationError(explain(error, path)) from error


def parse(text: str, path: Path) -> Any:
    """The document in a YAML text; an empty one is an empty mapping."""
    import yaml

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's takes a seventh of the time

    class Loader(safe):  # type: ignore[misc]
        pass

    def mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
        loader.flatten_mapping(node)
        seen: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise ConfigurationError(f"{path} 第 {line} 行：{key} 写了两次，请只留一处。")
            seen[key] = loader.construct_object(value_node, deep=True)
        return seen

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        document = yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"第 {mark.line + 1} 行第 {mark.column + 1} 列" if mark else ""
        raise ConfigurationError(
            f"{path} {where}不是合法的 YAML：{error.problem}。请检查缩进（用空格，不能用 Tab）、冒号和引号。"
        ) from error
    return {} if document is None else document


def packaged(path: Path) -> Any:
    """What a YAML file of the program's own holds: lists of words beside the code that reads them."""
    return parse(path.read_text(encoding="utf-8"), path)


def explain(error: ValidationError, path: Path) -> str:
    """A validation error in words: one line for each key that is wrong."""
    lines = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "（整个文件）"
        lines.append(f"{path}：{key}：{_in_chinese(item)}")
    return "\n".join(lines)


def _in_chinese(item: Any) -> str:
    kind, context = item["type"], item.get("ctx", {})
    found = repr(item.get("input"))
    found = found if len(found) <= 60 else found[:57] + "…"
    told = {
        "missing": "缺少这一项。",
        "extra_forbidden": "没有这个键，请检查拼写或删去。",
        "too_short": f"写的是 {found}，至少要写一项。",
        "greater_than_equal": f"写的是 {found}，不能小于 {context.get('ge')}。",
        "literal_error": f"写的是 {found}，可用：{context.get('expected')}。",
        "string_pattern_mismatch": f"写的是 {found}，应符合 {context.get('pattern')}。",
    }
    if kind in told:
        return told[kind]
    if kind == "value_error":
        return f"{context.get('error')}。"
    return f"写的是 {found}，{_EXPECTED.get(kind, item['msg'])}。"


_EXPECTED = {
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "decimal_parsing": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "string_type": "应为文字（必要时加引号）",
    "date_from_datetime_parsing": "应为日期，如 2024-03-05",
    "date_parsing": "应为日期，如 2024-03-05",
    "date_type": "应为日期，如 2024-03-05",
    "model_type": "应为一组键值",
    "dict_type": "应为一组键值",
    "tuple_type": "应为列表",
    "list_type": "应为列表",
}
