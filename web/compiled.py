"""Templates made into Python, kept in the data folder: making them again at each start takes a second and 6 MB."""

from contextlib import suppress
from pathlib import Path

from jinja2 import FileSystemBytecodeCache, compiler
from jinja2.bccache import Bucket

MAKERS = (compiler.__file__, __file__, str(Path(__file__).with_name("templates.py")))  # the last says how
FOLDER = "compiled"  # in the data folder; may be deleted at any time


class Compiled(FileSystemBytecodeCache):
    def __init__(self, data: Path) -> None:
        folder = data / FOLDER
        with suppress(OSError):  # a disk that takes nothing: then they are made again, and that is all
            folder.mkdir(mode=0o700, exist_ok=True)
        super().__init__(str(folder))
        self._makers = "".join(str(_changed(file)) for file in MAKERS)

    def get_source_checksum(self, source: str) -> str:
        # Jinja itself looks at the template alone, and would go on with what an older Jinja had made.
        return super().get_source_checksum(source + self._makers)

    def load_bytecode(self, bucket: Bucket) -> None:
        try:
            super().load_bytecode(bucket)
        except OSError:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _changed(file: str | None) -> int:
    return Path(file).stat().st_mtime_ns if file else 0
