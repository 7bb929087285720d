"""The operator's commands as a program: `python -m tests.support.cli outbox`."""

from contact_service.operator.cli import main

if __name__ == "__main__":
    main()
