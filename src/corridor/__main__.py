"""`python -m corridor` is `corridor`."""

from corridor.cli.main import run

if __name__ == "__main__":
    run()
