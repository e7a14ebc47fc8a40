"""Chat templates in the manners of published checkpoints, and conversations to render with them.

python -m tests.oracle.chats            # rewrites tests/oracle/golden/chats.json with what transformers renders
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden" / "chats.json"

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}

TEMPLATES = {
    "bitnet": """\
{% for m in messages %}{% if loop.first %}{{ bos_token }}{% endif %}\
{{ m['role'] | capitalize + ': ' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}\
{% if add_generation_prompt %}{{ 'Assistant: ' }}{% endif %}""",
    "headers": """\
{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content'] | trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = '' %}
{%- endif %}
{{- '<|start|>system<|end|>\\n\\n' }}
{%- if date is defined %}
    {{- 'Today: ' + date + '\\n' }}
{%- endif %}
{{- system + '<|eot|>' }}
{%- for message in messages %}
    {{- '<|start|>' + message['role'] + '<|end|>\\n\\n' + message['content'] | trim + '<|eot|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start|>assistant<|end|>\\n\\n' }}
{%- endif %}
""",
    "chatml": """\
{%- set ns = namespace(first=true) -%}
{% for message in messages %}
  {% if ns.first and message.role != 'system' %}
<|im_start|>system
You are a helpful assistant.<|im_end|>
  {% endif %}
  {% set ns.first = false %}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}
{% if add_generation_prompt %}
<|im_start|>assistant
{% endif %}
""",
    "alternating": """\
{%- for message in messages -%}
  {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
    {{ raise_exception('roles must alternate user/assistant') }}
  {%- endif -%}
  {%- if message['role'] == 'user' -%}
    {{ '[INST] ' ~ message['content'] ~ ' [/INST]' }}
  {%- else -%}
    {{ ' ' ~ message['content'] ~ eos_token }}
  {%- endif -%}
{%- endfor -%}
""",
    "json": """\
{%- for message in messages %}
    {%- if message.role == 'tool' %}{% continue %}{% endif %}
    {%- if loop.index > 3 %}{% break %}{% endif %}
{{ message | tojson }} {{ {'b': 1, 'a': [true, none]} | tojson(indent=2) }}
{{ {'b': 1, 'a': 2} | tojson(separators=(',', ':'), sort_keys=true) }}
{% endfor -%}
{{ dict(a=1) | tojson }}
""",
    "generation": """\
{% for message in messages %}
{% if message.role == 'assistant' %}
{% generation %}{{ message.content }}{{ eos_token }}{% endgeneration %}
{% else %}
{{ message.role }}> {{ message.content }}
{% endif %}
{% endfor %}
""",
}

_USER = {"role": "user", "content": " turn off the kitchen lights\n"}
_ANSWER = {"role": "assistant", "content": '{"intent": "HassTurnOff"}'}
CONVERSATIONS: list[list[dict[str, str]]] = [
    [_USER],
    [_USER, _ANSWER, {"role": "user", "content": "y el <b>salón</b> & 日本 '\"\\"}],
    [{"role": "system", "content": "\tBe brief. "}, _USER],
    [{"role": "tool", "content": "21.5"}, _USER, _ANSWER, _USER, _ANSWER],
    [_USER, _USER],
]


def cases() -> list[tuple[str, int, bool]]:
    """Every template with every conversation, with and without the beginning of an answer."""
    return [(name, i, prompt) for name in TEMPLATES for i in range(len(CONVERSATIONS)) for prompt in (False, True)]


def render_by_transformers(name: str, conversation: int, *, prompt: bool) -> str | None:
    """What ``transformers`` renders, or None when the template refuses the conversation."""
    from jinja2 import TemplateError
    from transformers.utils.chat_template_utils import render_jinja_template

    try:
        rendered: Any = render_jinja_template(
            conversations=[CONVERSATIONS[conversation]],
            chat_template=TEMPLATES[name],
            add_generation_prompt=prompt,
            **TOKENS,
        )
    except TemplateError:
        return None
    return str(rendered[0][0])


def main() -> int:
    """Record every case."""
    golden = [render_by_transformers(name, i, prompt=prompt) for name, i, prompt in cases()]
    GOLDEN.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{GOLDEN.name}: {len(golden)} renderings, {golden.count(None)} refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
