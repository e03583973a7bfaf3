"""Files that came as a link only (超大附件, 网盘): the mail shows no attachment at all, and the link runs out."""

from __future__ import annotations

import re

from agent.findings import Finding

_HOSTS = (
    (r"mail\.qq\.com/(?:cgi-bin/ftnExs_|ftn/)|exmail\.qq\.com/[^\s\"'<>]*ftn", "QQ邮箱超大附件"),
    (
        r"mail\.163\.com/large-attachment-download|[a-z0-9]*\.mail\.(?:163|126)\.com/[^\s\"'<>]*(?:netease|download)",
        "网易邮箱云附件",
    ),
    (r"pan\.baidu\.com/s/", "百度网盘"),
    (r"share\.weiyun\.com/", "腾讯微云"),
    (r"(?:www\.)?(?:aliyundrive|alipan)\.com/s/", "阿里云盘"),
    (r"pan\.quark\.cn/s/", "夸克网盘"),
    (r"cloud\.189\.cn/", "天翼云盘"),
    (r"(?:yun|caiyun)\.139\.com/", "移动云盘"),
    (r"(?:www\.)?kdocs\.cn/", "金山文档"),
    (r"docs\.qq\.com/", "腾讯文档"),
)


def linked_files(text: str, html: str) -> tuple[Finding, ...]:
    """One finding for each service whose link stands in the mail; the links are never followed."""
    body = f"{text}\n{html}"
    return tuple(
        Finding(
            "error",
            "not_supported",
            f"邮件里有{name}的链接。链接会过期，系统不下载链接里的文件，请把文件作为普通附件重新发送（照片可分几封发）。",
        )
        for pattern, name in _HOSTS
        if re.search(r"https?://(?:[a-z0-9.-]*\.)?(?:" + pattern + ")", body, re.IGNORECASE)
    )


def without_links(text: str) -> str:
    """The text without links and without the lines that mail programs and cloud drives write around them."""
    lines = (_LINK.sub("", line) for line in text.split("\n"))
    return "\n".join(line for line in lines if len(line) > _LONGEST_LINE or not _AROUND_LINKS.search(line))


_LINK = re.compile(r"https?://\S+")
_AROUND_LINKS = re.compile(
    r"超大附件|云附件|网盘|云盘|微云|提取码|访问码|到期|有效期|过期|\(\s*\d[\d.]*\s*[KMG]B?\b|（\s*\d[\d.]*\s*[KMG]B?\b",
    re.IGNORECASE,
)
_LONGEST_LINE = 100
"""Characters: a longer line is an account in which such a word may stand."""
