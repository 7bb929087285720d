"""Who reads: the advisers, whether their keys are fit, the frozen keyring, warnings and publication."""
