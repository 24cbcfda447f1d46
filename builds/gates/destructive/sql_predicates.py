"""Does a WHERE hold anything back? The parser alone does not see `WHERE 1=1`."""

from sqlglot import exp
from sqlglot.optimizer.simplify import simplify

REFERENCES = (exp.Column, exp.Placeholder, exp.Parameter)
REFLEXIVE = (exp.EQ, exp.GTE, exp.LTE, exp.NullSafeEQ)


def hits_every_row(statement: exp.Delete | exp.Update) -> bool:
    """Whether there is no WHERE, or one that is true for every row."""
    where = statement.args.get("where")
    return where is None or always_true(simplify(where.this.copy()))


def always_true(predicate: exp.Expr) -> bool:
    """True for each row, as far as can be told without data; a comparison with NULL is not looked for.

    What mentions neither a column nor a parameter says nothing about a row and counts as true, unless it is
    plainly false.
    """
    match predicate:
        case exp.Paren():
            return always_true(predicate.this)
        case exp.Boolean():
            return bool(predicate.this)
        case exp.And():
            return always_true(predicate.left) and always_true(predicate.right)
        case exp.Or():
            return always_true(predicate.left) or always_true(predicate.right)
        case exp.Like() | exp.ILike():
            return _matches_all(predicate.expression)
        case _:
            return _says_nothing(predicate)


def _says_nothing(predicate: exp.Expr) -> bool:
    if isinstance(predicate, REFLEXIVE) and predicate.left == predicate.right:
        return True
    if isinstance(predicate, exp.Literal) and not predicate.is_string:
        return predicate.name != "0"
    return predicate.find(*REFERENCES) is None and not isinstance(predicate, exp.Null)


def _matches_all(pattern: exp.Expr) -> bool:
    return isinstance(pattern, exp.Literal) and pattern.is_string and set(pattern.name) == {"%"}
