"""The queue of images to embed, in this process or on Redis; `service.py` has what others call.

Nothing is imported here: a worker needs neither the database nor the service.
"""
