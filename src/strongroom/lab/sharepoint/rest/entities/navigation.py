"""What stands beside and above a web's pages."""

from __future__ import annotations

from collections.abc import Sequence

from strongroom.lab.sharepoint.content.navigation import Node
from strongroom.lab.sharepoint.content.webs import Web
from strongroom.lab.sharepoint.rest import errors
from strongroom.lab.sharepoint.rest.call import Call
from strongroom.lab.sharepoint.rest.entities.common import known
from strongroom.lab.sharepoint.rest.kinds import Args, Body, Collection, Entity, Kind, Method
from strongroom.lab.sharepoint.rights import Level


def navigation_of(_: Call, web: Web, path: str) -> Entity:
    """Give a web's navigation."""
    return Entity(NAVIGATION, web, path)


def _nodes(call: Call, web: Web, nodes: list[Node], path: str) -> Collection:
    def find(key: object) -> Node | None:
        return next((one for one in nodes if one.id == key), None)

    def move(call: Call, _: object, args: Args) -> None:
        node = find(args.number("nodeId"))
        before = find(args.number("previousNodeId", default=0))
        if node is None:
            raise errors.not_found("The navigation node does not exist.")
        nodes.remove(node)
        nodes.insert(nodes.index(before) + 1 if before else 0, node)
        web.note_navigation(by=call.user_id)

    return Collection(
        kind=NODE,
        path=path,
        things=lambda: nodes,
        find=find,
        create=lambda call, body: _create(call, web, nodes, body),
        item_path=lambda one: f"Web/Navigation/GetNodeById({one.id})",
        methods={"moveafter": Method(run=move, is_post=True, needs=Level.EDIT)},
    )


def _create(call: Call, web: Web, nodes: list[Node], body: Body) -> Node:
    call.need(Level.EDIT)
    made = web.navigation.new_node(
        str(body.get("Title", "")),
        str(body.get("Url", "")),
        is_external=bool(body.get("IsExternal")),
        audience_ids=_audiences(body),
    )
    made.is_visible = bool(body.get("IsVisible", True))
    if body.get("AsLastNode", True):
        nodes.append(made)
    else:
        nodes.insert(0, made)
    web.note_navigation(by=call.user_id)
    return made


def _audiences(body: Body) -> tuple[str, ...]:
    given = body.get("AudienceIds")
    return tuple(str(one) for one in given) if isinstance(given, Sequence) else ()


def _by_id(call: Call, web: Web, args: Args) -> Entity:
    number = args.number("id", 0)
    found = web.navigation.find(number)
    if found is None:
        raise errors.not_found("The navigation node does not exist.")
    return Entity(NODE, found[1], f"Web/Navigation/GetNodeById({number})")


def _web_of(call: Call, node: Node) -> Web:
    for web in call.collection.webs():
        found = web.navigation.find(node.id)
        if found is not None and found[1] is node:
            return web
    raise errors.not_found()


def _update(call: Call, node: Node, body: Body) -> None:
    node.title = str(body.get("Title", node.title))
    node.url = str(body.get("Url", node.url))
    node.is_visible = bool(body.get("IsVisible", node.is_visible))
    if "AudienceIds" in body:
        node.audience_ids = _audiences(body)
    _web_of(call, node).note_navigation(by=call.user_id)


def _remove(call: Call, node: Node) -> None:
    _web_of(call, node).delete_node(node.id, by=call.user_id)


def _set_shared(call: Call, web: Web, body: Body) -> None:
    web.navigation.uses_shared = bool(body.get("UseShared", web.navigation.uses_shared))
    web.note_navigation(by=call.user_id)


NODE: Kind[Node] = known(
    Kind(
        name="SP.NavigationNode",
        values={
            "AudienceIds": lambda _, node: list(node.audience_ids) or None,
            "CurrentLCID": lambda _, node: 1033,
            "Id": lambda _, node: node.id,
            "IsDocLib": lambda _, node: True,
            "IsExternal": lambda _, node: node.is_external,
            "IsVisible": lambda _, node: node.is_visible,
            "ListTemplateType": lambda _, node: 0,
            "Title": lambda _, node: node.title,
            "Url": lambda _, node: node.url,
        },
        links={
            "Children": lambda call, node, path: _nodes(
                call, _web_of(call, node), node.children, path
            ),
        },
        since=dict.fromkeys(("AudienceIds", "CurrentLCID"), "online"),
        update=_update,
        remove=_remove,
        needs=Level.EDIT,
    )
)

NAVIGATION: Kind[Web] = known(
    Kind(
        name="SP.Navigation",
        values={"UseShared": lambda _, web: web.navigation.uses_shared},
        links={
            "QuickLaunch": lambda call, web, path: _nodes(
                call, web, web.navigation.quick_launch, path
            ),
            "TopNavigationBar": lambda call, web, path: _nodes(call, web, web.navigation.top, path),
        },
        methods={"getnodebyid": Method(run=_by_id)},
        update=_set_shared,
    )
)
