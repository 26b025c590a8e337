"""The workspace's web pages under `/ui`: one file and one template a page, drawn on the server.

A page is a client of the workspace's own REST API with the token of who is signed in, so that it can show and do what
he may see and do, and no more.
"""
