"""Who belongs to the house: people are added, get another role, and are ended; never the last owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from notifier.domain.roles import Role
from notifier.errors import BadInput, NotFound, Refused
from notifier.jobs.passwords import clean_name, folded
from notifier.locale import N_
from notifier.locale.mends import Mend
from notifier.store import audit
from notifier.store.audit import Actor
from notifier.store.engine import Session
from notifier.store.shops import shop_keys
from notifier.store.sign_ins import close_links, end_sessions
from notifier.store.users import UserRow, change_user, find_user, has_other_owner, insert_user, user_by_id

__all__ = ["add_user", "change_role", "end_user", "let_in_again", "raise_if_shop_is_wrong", "user_named"]


def add_user(
    session: Session, name: str, role: str, shop_id: int | None, *, by: Actor, now: datetime,
    password_hash: str | None = None,
) -> UserRow:  # fmt: skip
    """Add a person, who chooses a password by a link unless they get one here.

    Raises BadInput; Refused for a name that is taken.
    """
    clean = clean_name(name)
    raise_if_shop_is_wrong(role, shop_id)
    user_id = insert_user(session, name=clean, login=folded(clean), role=role, shop_id=shop_id, at=now)
    if user_id is None:
        raise Refused(N_("There is, or was, somebody called {name}; take a name that tells the two apart."), name=clean)
    if password_hash is not None:
        change_user(session, user_id, password_hash=password_hash)
    _note(session, clean, "user.add", by, now, after=_post(session, role, shop_id))
    return _known(session, user_id)


def user_named(session: Session, name: str) -> UserRow:
    """The person of this name, whatever its capitals and spaces. Raises NotFound."""
    user = find_user(session, folded(name))
    if user is None:
        everybody = Mend(N_("notifier users list shows everybody."), N_("“Team” shows everybody."))
        raise NotFound(N_("Nobody is called {name}."), mend=everybody, name=name)
    return user


def change_role(session: Session, user_id: int, role: str, shop_id: int | None, *, by: Actor, now: datetime) -> None:
    """Another role, or another shop; the person signs in again. Raises BadInput; Refused for the last owner."""
    user = _known(session, user_id)
    raise_if_shop_is_wrong(role, shop_id)
    if (user.role, user.shop_id) == (role, shop_id):
        return
    if role != Role.OWNER:
        _raise_if_last_owner(session, user)
    change_user(session, user_id, role=role, shop_id=shop_id)
    end_sessions(session, user_id)
    before, after = _post(session, user.role, user.shop_id), _post(session, role, shop_id)
    _note(session, user.name, "user.change_role", by, now, before=before, after=after)


def end_user(session: Session, user_id: int, *, by: Actor, now: datetime) -> None:
    """From now on they can do nothing: sessions and links end with them. Raises Refused for the last owner."""
    user = _known(session, user_id)
    if not user.is_active:
        return
    _raise_if_last_owner(session, user)
    change_user(session, user_id, ended_at=now, password_hash=None)
    end_sessions(session, user_id)
    close_links(session, user_id, now)
    _note(session, user.name, "user.end", by, now, before=_post(session, user.role, user.shop_id))


def let_in_again(session: Session, user_id: int, *, by: Actor, now: datetime) -> None:
    """Somebody who was ended comes back as who they were; they choose a new password by a link."""
    user = _known(session, user_id)
    if user.is_active:
        return
    change_user(session, user_id, ended_at=None)
    _note(session, user.name, "user.let_in_again", by, now, after=_post(session, user.role, user.shop_id))


def raise_if_shop_is_wrong(role: str, shop_id: int | None) -> None:
    """Raises BadInput for an unknown role, and for an owner of one shop of many: owners answer for all."""
    if role not in tuple(Role):
        raise BadInput(N_("{role} is no role; a person is one of {known}."), role=role, known=", ".join(Role))
    if role == Role.OWNER and shop_id is not None:
        raise BadInput(N_("An owner answers for every shop: leave the shop out, or choose another role."))


def _known(session: Session, user_id: int) -> UserRow:
    user = user_by_id(session, user_id)
    if user is None:
        raise NotFound(N_("That person is not known any more."))
    return user


def _raise_if_last_owner(session: Session, user: UserRow) -> None:
    if user.role == Role.OWNER and user.is_active and not has_other_owner(session, user.id):
        raise Refused(
            N_("{name} is the last owner, and somebody has to be one. Make another person an owner first."),
            name=user.name,
        )


def _post(session: Session, role: str, shop_id: int | None) -> dict[str, Any]:
    return {"role": str(role), "shop": shop_keys(session).get(shop_id) if shop_id is not None else None}


def _note(
    session: Session, subject: str, action: str, by: Actor, now: datetime, *,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    audit.record(
        session, at=now, who=by.name, user_id=by.user_id, action=action, subject_type="user", subject=subject,
        before=before, after=after,
    )  # fmt: skip
