"""A site, for reading: its places, what happened in them, and what their items hold.

What is kept of a web or a list beside its items lies in a folder of its own (``_web``, ``_list``),
as items with one part each, a JSON document. Names inside are the server's own:

==================  ==============================================================================
kind                the document
==================  ==============================================================================
``web``             ``settings`` (the web, with ``AllProperties`` and ``RegionalSettings``),
                    ``more`` (``AssociatedOwnerGroup`` …), ``welcome_page``, ``shares_navigation``
``list``            ``settings`` (the list), ``root_folder`` (with ``Properties`` and
                    ``UniqueContentTypeOrder``)
``column``          the column, with ``SchemaXml``; ``TermSet`` (``id``, ``name``, ``group``,
                    ``is_of_site``) where it has one and the term store tells
``content-type``    the content type, with ``FieldLinks`` and ``Parent``
``view``            the view, with ``ViewFields``
``role-definition`` the role, with ``BasePermissions``
``group``           the group, with ``Users`` and ``Owner``
``permissions``     ``inherits``; ``assignments``: each with ``principal`` (``id``, ``login``,
                    ``title``, ``kind``) and ``roles`` (each with ``id``, ``name``); sorted
``navigation``      ``menu`` (``QuickLaunch``, ``TopNavigationBar``), ``nodes`` (with ``Children``)
``feature``         ``scope`` (``web``, ``site``), ``DefinitionId``, ``DisplayName``
``custom-action``   ``scope`` (``web``, ``site``, ``list``), and the action
``recycle-bin``     where a job asks for it: ``title``, ``name``, ``place``, ``kind``, ``stage``,
                    ``size``, ``deleted``, ``deleted_by``, ``author``; not what it held
==================  ==============================================================================

Whatever changes without anybody having changed something (counts, tokens, times) is left out, so
that the documents of a web where nothing happened are the same, byte for byte.

Items of a list have in their state ``fields`` (values by internal name and meaning: people as
``login``, ``title``, ``email``; lookups as ``id``, ``value``; terms as ``label``, ``guid``;
addresses as ``url``, ``description``; an empty column is left out), ``path`` inside the list,
``version``, ``moderation``, ``checked_out_by`` (a person, or null), ``comment``, ``versions`` (all,
the oldest first, the current one last; none where there is only one), ``attachments`` (``name``;
``size`` and ``mark`` where they are told), ``unique_permissions``; and marks that are equal for as
long as a part is: ``content`` (the bytes of the file), ``permissions``, ``page``, ``web_parts``.

Their parts are ``file``, ``version-NUMBER`` (512 is 1.0), ``versions`` (values of all versions, as
in ``fields``), ``attachment-NN``, ``permissions``, ``page`` (columns that are a page's content) and
``webparts`` (``id``, ``zone``, ``index``, ``title``, ``hidden``, ``properties``, ``xml``).
"""
