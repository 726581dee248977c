"""`python -m web` is `neighbourhub`."""

from web.cli import main

main(prog_name="neighbourhub")
