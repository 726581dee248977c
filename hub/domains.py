"""Which part of a host's name somebody had to register: what makes many names dear, and so can be counted."""

from functools import cache, lru_cache
from ipaddress import ip_address

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=20_000)
def registrable(host: str) -> str:
    """`hwb.bangor.org.uk` → `bangor.org.uk`; an address or a name without a dot is its own.

    Only suffixes that ICANN delegates count. Those where anybody gets a name for nothing (`duckdns.org`) are one
    domain here, since a name that costs nothing limits nobody. The first call reads the list, a tenth of a second.
    """
    name = host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    name = name.lower().rstrip(".")
    return name if _is_address(name) else _suffixes().privatesuffix(name) or name


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)
