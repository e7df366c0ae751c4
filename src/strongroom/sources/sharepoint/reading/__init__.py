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
``column``          the column, with ``SchemaXml``
``content-type``    the content type, with ``FieldLinks`` and ``Parent``
``view``            the view, with ``ViewFields``
``role-definition`` the role, with ``BasePermissions``
``group``           the group, with ``Users`` and ``Owner``
``permissions``     ``inherits``; ``assignments``: each with ``principal`` (``id``, ``login``,
                    ``title``, ``kind``) and ``roles`` (each with ``id``, ``name``); sorted
``navigation``      ``menu`` (``QuickLaunch``, ``TopNavigationBar``), ``nodes`` (with ``Children``)
``feature``         ``scope`` (``web``, ``site``), ``DefinitionId``, ``DisplayName``
``custom-action``   ``scope`` (``web``, ``site``, ``list``), and the action
==================  ==============================================================================

Whatever changes without anybody having changed something (counts, tokens, times) is left out, so
that the documents of a web where nothing happened are the same, byte for byte.
"""
