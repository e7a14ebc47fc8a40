"""Where weights come from: Hugging Face folders, our packed copies of them, and the user's library of models.

``library``: names and folders · ``convert``: packing · ``replace``: packing over an older copy · ``hub`` and ``pull``:
fetching. Import from the module that is meant: listing models should not load numpy, nor packing an HTTP client.
"""
