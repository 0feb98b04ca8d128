"""What the operating system says went wrong, in the reader's language: it says it in English only."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from notifier.locale import N_, WhenShown, _

__all__ = ["system_words"]

_WORDS: Mapping[int, str] = {
    errno.ENOENT: N_("no such file or folder"),
    errno.EACCES: N_("permission denied"),
    errno.EPERM: N_("not permitted"),
    errno.EROFS: N_("the disk is read-only"),
    errno.ENOSPC: N_("no space left on the disk"),
    errno.EDQUOT: N_("the disk quota is used up"),
    errno.EISDIR: N_("it is a folder"),
    errno.ENOTDIR: N_("it is not a folder"),
    errno.EEXIST: N_("it is there already"),
    errno.ENAMETOOLONG: N_("the name is too long"),
    errno.EIO: N_("the disk cannot be read or written"),
    errno.EBUSY: N_("another program uses it"),
    errno.ESTALE: N_("the network share is gone"),
    errno.ENOTCONN: N_("the network share is gone"),
    errno.EMFILE: N_("too many files are open"),
    errno.EADDRINUSE: N_("another program uses it"),
}


def system_words(error: BaseException) -> WhenShown:
    """What to fill into a sentence about `error`: the usual ones in words, others as the system has them."""
    words = _WORDS.get(error.errno or 0) if isinstance(error, OSError) else None
    said = str(getattr(error, "strerror", None) or type(error).__name__)
    return WhenShown(lambda: _(words) if words else said)
