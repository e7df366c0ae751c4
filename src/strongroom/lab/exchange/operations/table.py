"""Every operation that the server knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.operations.attachment_work import (
    create_attachment,
    delete_attachment,
    get_attachment,
)
from strongroom.lab.exchange.operations.configurations import (
    create_user_configuration,
    delete_user_configuration,
    get_user_configuration,
    update_user_configuration,
)
from strongroom.lab.exchange.operations.delegates import (
    add_delegate,
    get_delegate,
    remove_delegate,
    update_delegate,
)
from strongroom.lab.exchange.operations.directory import (
    convert_id,
    get_searchable_mailboxes,
    get_server_time_zones,
    resolve_names,
)
from strongroom.lab.exchange.operations.export import export_items, upload_items
from strongroom.lab.exchange.operations.folder_reading import find_folder, get_folder
from strongroom.lab.exchange.operations.folder_sync import sync_folder_hierarchy
from strongroom.lab.exchange.operations.folder_writing import (
    create_folder,
    delete_folder,
    empty_folder,
    move_folder,
    update_folder,
)
from strongroom.lab.exchange.operations.groups import expand_dl
from strongroom.lab.exchange.operations.item_creation import create_item, send_item
from strongroom.lab.exchange.operations.item_finding import find_item
from strongroom.lab.exchange.operations.item_moving import copy_item, delete_item, move_item
from strongroom.lab.exchange.operations.item_reading import get_item
from strongroom.lab.exchange.operations.item_sync import sync_folder_items
from strongroom.lab.exchange.operations.item_update import update_item
from strongroom.lab.exchange.operations.rules import get_inbox_rules, update_inbox_rules
from strongroom.lab.exchange.operations.settings import (
    get_user_oof_settings,
    set_user_oof_settings,
)
from strongroom.lab.exchange.xml import Element

Operation = Callable[[Call, Element], str | Iterator[str | bytes]]

OPERATIONS: dict[str, Operation] = {
    "AddDelegate": add_delegate,
    "ConvertId": convert_id,
    "CopyItem": copy_item,
    "CreateAttachment": create_attachment,
    "CreateFolder": create_folder,
    "CreateItem": create_item,
    "CreateUserConfiguration": create_user_configuration,
    "DeleteAttachment": delete_attachment,
    "DeleteFolder": delete_folder,
    "DeleteItem": delete_item,
    "DeleteUserConfiguration": delete_user_configuration,
    "EmptyFolder": empty_folder,
    "ExpandDL": expand_dl,
    "ExportItems": export_items,
    "FindFolder": find_folder,
    "FindItem": find_item,
    "GetAttachment": get_attachment,
    "GetDelegate": get_delegate,
    "GetFolder": get_folder,
    "GetInboxRules": get_inbox_rules,
    "GetItem": get_item,
    "GetSearchableMailboxes": get_searchable_mailboxes,
    "GetServerTimeZones": get_server_time_zones,
    "GetUserConfiguration": get_user_configuration,
    "GetUserOofSettings": get_user_oof_settings,
    "MoveFolder": move_folder,
    "MoveItem": move_item,
    "RemoveDelegate": remove_delegate,
    "ResolveNames": resolve_names,
    "SendItem": send_item,
    "SetUserOofSettings": set_user_oof_settings,
    "SyncFolderHierarchy": sync_folder_hierarchy,
    "SyncFolderItems": sync_folder_items,
    "UpdateDelegate": update_delegate,
    "UpdateFolder": update_folder,
    "UpdateInboxRules": update_inbox_rules,
    "UpdateItem": update_item,
    "UpdateUserConfiguration": update_user_configuration,
    "UploadItems": upload_items,
}
"""By the name of the element in the SOAP body, which alone decides (SOAPAction is not looked at).

Two end in ``Request`` there: GetUserOofSettings and SetUserOofSettings.
"""
