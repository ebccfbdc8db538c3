"""`python -m pipeline` is `upheld`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
