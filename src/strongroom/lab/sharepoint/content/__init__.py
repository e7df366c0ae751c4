"""What is in the lab's sites: plain objects under one lock per site collection, no protocol.

``ContentDatabase`` gives a ``SiteCollection`` for each site of the farm. A collection has webs, a
web lists, a list items; writers are their methods and note what they did in the change log.

``seed`` fills a collection, ``stir`` changes it in every way, ``portrait`` describes it by meaning,
so that two can be compared; ``traits`` says what each version of SharePoint takes.
"""
