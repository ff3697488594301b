"""result.json: made from a concluded run, validated against its published schema, written whole or not at all."""

from relaycheck.evidence.build import result_of
from relaycheck.evidence.model import Result
from relaycheck.evidence.write import OutputProblem, write_result, write_text

__all__ = ["OutputProblem", "Result", "result_of", "write_result", "write_text"]
