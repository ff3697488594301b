"""The record of a run: result.json, validated against its published schema, and the evidence beside it, written whole or not at all."""

from relaycheck.evidence.build import result_of
from relaycheck.evidence.model import Result
from relaycheck.evidence.read import RecordProblem, read_record
from relaycheck.evidence.write import OutputProblem, write_record, write_result, write_text

__all__ = [
    "OutputProblem",
    "RecordProblem",
    "Result",
    "read_record",
    "result_of",
    "write_record",
    "write_result",
    "write_text",
]
