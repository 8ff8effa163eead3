"""`python -m cpmodel` is the command `cpmodel`."""

from cpmodel.cli import main

main()
