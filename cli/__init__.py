"""The checkout's command line, `./understudy`: what a person does here, with what is missing told beforehand."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
