"""YAML files into pydantic models, with errors that name the file, the key and what is allowed.

The one place that reads YAML. A key given twice is an error: PyYAML would silently take the last.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agent.base.errors import ConfigurationError, in_words

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
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} 不是 UTF-8 编码（第 {error.start} 字节起）。请用 UTF-8 另存。"
        ) from error
    try:
        return model.model_validate(parse(text, path)), hashlib.sha256(raw).hexdigest()[:12]
    except ValidationError as error:
        told = _written_wide(text, path)
        raise ConfigurationError("\n".join(filter(None, (told, explain(error, path, text))))) from error


def parse(text: str, path: Path) -> Any:
    """The document in a YAML text; an empty one is an empty mapping.

    Raises:
        ConfigurationError: it isn't YAML, or says what can't be; with the line.
    """
    import yaml

    _refuse_control_characters(text, path)
    try:
        document = yaml.load(text, _loader(path))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"第 {mark.line + 1} 行第 {mark.column + 1} 列" if mark else ""
        told = _written_wide(text, path, mark.line + 1 if mark else 0)
        raise ConfigurationError(
            told
            or f"{path} {where}不是合法的 YAML：{error.problem}。请检查缩进（用空格，不能用 Tab）、冒号和引号。"
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{path} 不是合法的 YAML：层次太深，或有不能用的字符。") from error
    return {} if document is None else document


def _loader(path: Path) -> Any:
    """A loader by which a key that is written twice, or a value that can't be, is an error that names its line."""
    import yaml

    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's takes a seventh of the time

    class Loader(safe):  # type: ignore[misc]
        pass

    def mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
        loader.flatten_mapping(node)
        seen: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigurationError(f"{path} 第 {line} 行：{PLACEHOLDER}")
            key = loader.construct_object(key_node, deep=True)
            if key in seen:
                raise ConfigurationError(f"{path} 第 {line} 行：{key} 写了两次，请只留一处。")
            seen[key] = loader.construct_object(value_node, deep=True)
        return seen

    def carefully(construct: Any) -> Any:
        def one(loader: Any, node: yaml.Node) -> Any:
            try:
                return _without_control(construct(loader, node))
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
                line, written = node.start_mark.line + 1, str(node.value)[:40]
                raise ConfigurationError(
                    f"{path} 第 {line} 行：{_IMPOSSIBLE.format(written=written)}"
                ) from error

        return one

    for tag in ("timestamp", "int", "float", "bool", "null", "str", "binary"):
        tag = f"tag:yaml.org,2002:{tag}"
        Loader.add_constructor(tag, carefully(safe.yaml_constructors[tag]))
    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    return Loader


PLACEHOLDER = "{{…}} 是等人填写的位置，请换成实际的内容；内容里真有花括号的，请加引号。"
_IMPOSSIBLE = "{written} 不存在或读不出来（日期如 2024-03-05；文字请加引号）。请核对。"
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML 1.1 allows nowhere (section 5.1): an editor shows none of it."""


def _refuse_control_characters(text: str, path: Path) -> None:
    found = _CONTROL.search(text)
    if found is not None:
        before = text[: found.start()]
        line, column = before.count("\n") + 1, found.start() - (before.rfind("\n") + 1) + 1
        raise ConfigurationError(
            f"{path} 第 {line} 行第 {column} 列有一个看不见的控制字符（U+{ord(found[0]):04X}）。请把这一行重新输入一遍。"
        )


def packaged(path: Path) -> Any:
    """What a YAML file of the program's own holds: lists of words beside the code that reads them."""
    return parse(path.read_text(encoding="utf-8"), path)


def _without_control(value: Any) -> Any:
    """A value as it is; ValueError where an escape of its makes a control character (U+0008) in it."""
    if isinstance(value, str) and re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", value):
        raise ValueError(value)
    return value


_WIDE = re.compile(
    r"(?m)^[ \t]*(?:-[ \t]+)?(?:\{[ \t]*)?([A-Za-z_][A-Za-z0-9_-]*)[ \t]*：|[{,][ \t]*([a-z_][a-z0-9_]*)[ \t]*："
)


def _written_wide(text: str, path: Path, until: int = 0) -> str:
    """Where, up to a line, a key is followed by a full-width colon, in words: YAML sees no key there. "" where none is."""
    for number, line in enumerate(text.splitlines()[: until or None], 1):
        found = _WIDE.search(line.partition(" #")[0]) if len(line) < 2000 else None
        if found is not None and not line.lstrip().startswith("#"):
            key = found[1] or found[2]
            return f"{path} 第 {number} 行：{key} 后面是全角冒号“：”。请改成半角冒号，后面空一格：{key}: …"
    return ""


def explain(error: ValidationError, path: Path, text: str = "") -> str:
    """A validation error in words: one line for each key that is wrong, and where it stands in the file."""
    import yaml

    root = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if text else None
    lines = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "（整个文件）"
        line = _line_of(root, item["loc"]) if root is not None else 0
        where = f"（第 {line} 行）" if line else ""
        lines.append(f"{path}：{key}：{_in_chinese(item)}{where}")
    return "\n".join(lines)


def _line_of(node: Any, keys: Sequence[int | str]) -> int:
    """The line of what stands under these keys, as far as they lead."""
    line = node.start_mark.line + 1
    for key in keys:
        if node.id == "mapping":
            pairs = [(name, value) for name, value in node.value if name.value == str(key)]
            if not pairs:
                break
            line, node = pairs[0][0].start_mark.line + 1, pairs[0][1]
        elif node.id == "sequence" and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
            line = node.start_mark.line + 1
        else:
            break
    return int(line)


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
