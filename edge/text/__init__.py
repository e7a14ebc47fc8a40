"""From text to token ids and back: tokenizers and chat templates.

(The lead is writing this room, from 12:44 on.)
"""
