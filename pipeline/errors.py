"""The errors a user can meet: each says where, what, what is allowed, and what to do next."""


class UpheldError(Exception):
    """Base of every error that is the input's fault, not the program's; the command line exits 2 on it."""


class InputError(UpheldError):
    """A file, row or column that cannot be used at all."""


class ParamsError(UpheldError):
    """Settings that are unknown, of the wrong type or out of range; lists all of them at once."""


class CollectError(UpheldError):
    """A crawl that cannot begin, or that broke off; what it stored is safe, and the same command goes on from there."""


class CorpusError(UpheldError):
    """A corpus that is readable but cannot train or test a model, for example one with a single outcome."""


class BundleError(UpheldError):
    """A bundle that is missing, altered or made by incompatible versions."""


class ScoringError(UpheldError):
    """Scoring that broke off; what it finished is safe, and the same command with --resume goes on from there."""


class TrackingError(UpheldError):
    """The experiment store could not be reached; the bundle is safe and can be logged later."""


class RegistryError(UpheldError):
    """A run or a registered version that is not there, or cannot be used for what is asked."""
