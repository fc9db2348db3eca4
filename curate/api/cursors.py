"""Cursors: where a list of images goes on, as text that callers pass back as it is."""

import base64
import binascii
import json
import re

from curate.errors import InvalidParameter
from curate.store.images import SORTS


def encode_cursor(sort: str, last_id: str) -> str:
    """Return the cursor for what follows an image in a sort's order."""
    return base64.urlsafe_b64encode(json.dumps([sort, last_id]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, sort: str) -> str:
    """Return the id of the image after which the list goes on.

    Raises:
        InvalidParameter: the cursor was not made by us, or for another sort.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, last_id = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, TypeError):
        made_for, last_id = None, None
    if not (isinstance(made_for, str) and isinstance(last_id, str) and re.fullmatch("[a-z2-7]{12}", last_id)):
        made_for = None
    if made_for not in SORTS:
        raise InvalidParameter("The cursor is not one that this server gave out. Start again without it.")
    if made_for != sort:
        raise InvalidParameter(f"The cursor belongs to the order “{made_for}”. Pass the same sort with it.")
    return last_id
