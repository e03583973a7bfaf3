"""Passwords (授权码): from the environment, else from the system's keyring; never from a file of ours."""

from __future__ import annotations

import os
from collections.abc import Mapping

from agent.base.errors import ConfigurationError

SERVICE = "report-agent"


def find_password(user: str, variable: str, environment: Mapping[str, str] | None = None) -> str:
    """The password of an account.

    Args:
        user: the account's name, as in the settings.
        variable: the environment variable that holds the password.
        environment: stands in for the process's own.

    Raises:
        ConfigurationError: neither the variable nor the keyring has one; says how to set either.
    """
    given = (os.environ if environment is None else environment).get(variable, "").strip()
    if given:
        return given
    kept, trouble = _from_keyring(user)
    if kept:
        return kept
    raise ConfigurationError(
        f"没有找到 {user} 的密码（授权码）：请设置环境变量 {variable}，"
        f"或用命令 keyring set {SERVICE} {user} 存入系统的密钥环{trouble}"
    )


def _from_keyring(user: str) -> tuple[str, str]:
    """The kept password, or "" and why the keyring couldn't be asked."""
    try:
        import keyring

        return keyring.get_password(SERVICE, user) or "", ""
    except Exception as error:  # any backend may fail in its own way: a server has no keyring at all
        return "", f"（本机的密钥环不可用：{type(error).__name__}）"
