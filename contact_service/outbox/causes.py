"""Why a database could not be used, in words that name no value: no host, no user, nothing of a statement."""

NOT_OURS = "it holds no outbox of this version; the service makes one when it starts"

# What libpq and PostgreSQL say while a connection is made, where there is no code yet, and what SQLite says.
_WORDS = {
    "password authentication failed": "it refuses the password or the user",
    "no password supplied": "it asks for a password",
    "no pg_hba.conf entry": "its pg_hba.conf does not let this machine in",
    "certificate": "its certificate is not accepted; sslrootcert names the authority",
    "does not support ssl": "it does not speak TLS",
    "does not exist": "it has no such database or user",
    "resolve host": "its host name is not known",
    "translate host name": "its host name is not known",
    "connection refused": "nobody answers at its address",
    "read-only": "none of its servers takes writes",
    "read-write": "none of its servers takes writes",
    "starting up": "it is starting or stopping",
    "shutting down": "it is starting or stopping",
    "too many clients": "it has no connection left",
    "too many connections": "it has no connection left",
    "not permitted to log in": "it refuses the password or the user",
    "not currently accepting connections": "it takes no connections now",
    "remaining connection slots": "it has no connection left",
    "definition of service": "the file of services does not name it",
    "timeout": "no answer in time",
    "invalid connection option": "its address has an option that does not exist",
    " value: ": "an option in its address has a value that does not exist",
    "no such file or directory": "nobody answers at its address",
    # SQLite's own.
    "unable to open database file": "its file cannot be opened; are folder and rights as they should be?",
    "file is not a database": "its file is something else than a database",
    "readonly database": "its file or folder may not be written",
    "disk is full": "its disk is full",
    "database is locked": "another program keeps it locked",
    "no such table": NOT_OURS,
    "no such column": NOT_OURS,
}
# Once it runs PostgreSQL has codes, in whichever language it speaks.
_CODES = {
    "42P01": NOT_OURS,
    "42703": NOT_OURS,
    "42501": "its user may not make or use its tables",
    "25006": "none of its servers takes writes",
    "53100": "its disk is full",
    "53300": "it has no connection left",
    "57P01": "it is starting or stopping",
    "57P03": "it is starting or stopping",
}


def words_for(fault: BaseException) -> str:
    """The cause behind a fault of a driver: our words for it, or the name that the driver has for it."""
    said = str(fault).lower()
    # Once there is a code, its name says more, and the rest may quote what was written.
    if coded := getattr(fault, "sqlstate", None):
        return _CODES.get(coded, type(fault).__name__)
    return next((words for part, words in _WORDS.items() if part in said), type(fault).__name__)
