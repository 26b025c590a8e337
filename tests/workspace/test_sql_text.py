"""What the gateway reads out of SQL text, without Spark."""

from __future__ import annotations

import pytest

from rehearsal.compute.gateway.parameters import written
from rehearsal.compute.gateway.refusals import Refusal
from rehearsal.compute.gateway.sql_text import analyse, analyse_expression


def rewritten(text: str) -> str:
    return analyse(text).rewritten(lambda ref: f"<{ref.use} {'.'.join(ref.parts)}>", lambda call: None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select a from `c`.s.t x", "select a from <SELECT c.s.t> x"),
        (
            "select (select max(a) from c.s.u) from c.s.t",
            "select (select max(a) from <SELECT c.s.u>) from <SELECT c.s.t>",
        ),
        ("select c.s.t.a from c.s.t", "select `t`.a from <SELECT c.s.t>"),
        ("with t as (select * from c.s.t) select * from t", "with t as (select * from <SELECT c.s.t>) select * from t"),
        ("/* c.s.u */ select 'c.s.u' from c.s.t -- c.s.u", "/* c.s.u */ select 'c.s.u' from <SELECT c.s.t> -- c.s.u"),
        ("select * from c.s.t version as of 1", "select * from <SELECT c.s.t> version as of 1"),
        ("insert into c.s.t select * from c.s.u", "insert into <MODIFY c.s.t> select * from <SELECT c.s.u>"),
        ("insert overwrite c.s.t select 1", "insert overwrite <MODIFY c.s.t> select 1"),
        ("delete from c.s.t where a = 1", "delete from <UPDATE c.s.t> where a = 1"),
        ("update c.s.t set a = 1", "update <UPDATE c.s.t> set a = 1"),
        (
            "merge into c.s.t a using c.s.u b on a.i = b.i when matched then delete",
            "merge into <UPDATE c.s.t> a using <SELECT c.s.u> b on a.i = b.i when matched then delete",
        ),
        ("create table c.s.t using delta as select 1", "create table <CREATE c.s.t> using delta as select 1"),
        ("create temp view v as select * from c.s.t", "create temp view v as select * from <SELECT c.s.t>"),
        ("replace table c.s.t as select 1", "CREATE OR replace table <CREATE c.s.t> as select 1"),
        ("truncate table t", "truncate table <MODIFY t>"),
        (
            "merge with schema evolution into t using s.u on t.i = u.i when matched then delete",
            "merge with schema evolution into <UPDATE t> using <SELECT s.u> on t.i = u.i when matched then delete",
        ),
        (
            "with a as (select * from b), b as (select * from a) select * from a, b, "
            "(with c as (select 1) select * from c)",
            "with a as (select * from <SELECT b>), b as (select * from a) select * from a, b, "
            "(with c as (select 1) select * from c)",
        ),
        ("select s.t.a from s.t", "select `t`.a from <SELECT s.t>"),
        ("select 1", "select 1"),
    ],
)
def test_names_are_replaced_where_they_stand(text: str, expected: str) -> None:
    assert rewritten(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "select * from read_files('/tmp')",
        "select * from identifier('c.s.t')",
        "select * from table_changes('c.s.t', 0)",
        "select reflect('java.lang.System', 'exit', 0)",
        "select `reflect`('java.lang.System', 'exit', 0)",
        "create table c.s.t using delta location '/tmp/x'",
        "create table c.s.t using csv options (path '/etc/passwd')",
        "create table c.s.t (a int) using csv",
        "create temp view v using csv options (path '/etc/passwd')",
        "create global temp view v as select 1",
        "insert overwrite directory '/tmp/x' select 1",
        "copy into c.s.t from '/tmp/x' fileformat = csv",
        "load data inpath '/tmp/x' into table c.s.t",
        "alter table c.s.t set location '/tmp/x'",
        "set spark.sql.runSQLOnFiles=true",
        "add jar '/tmp/x.jar'",
        "execute immediate 'select * from c.s.t'",
        "call system.x()",
        "begin select 1; end",
        "select 1; select 2",
        "describe history c.s.t; drop table c.s.t",
        "cache table c.s.t",
        "show functions",
        "grant select on share s to x",
        "create function f as 'x.Y'",
        "select 1 -- \\\n from c.s.t",
        "select 1 /* /*+ */ from delta.`/x` */",
        "select 1 -- x\rfrom delta.`/x`",
        "select __understudy_0()",
        "create view v as select 1; drop table t",
        "optimize c.s.t; drop table c.s.u",
        "alter table c.s.t add columns (a int); drop table c.s.u",
        "from c.s.t |> select a",
        "selec nonsense from",
    ],
)
def test_what_could_lead_past_the_catalog_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        analyse(text)


def test_an_expression_with_a_subquery_is_read_too() -> None:
    statement = analyse_expression("a in (select x from c.s.t)")
    assert statement.rewritten(lambda ref: "<t>", lambda call: None) == "a in (select x from <t>)"


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("select current_user(), x.current_user, current_schema from t", [["current_user"], ["current_schema"]]),
        ("insert into c.s.t (a, b) select s.f(1), 2", [["s", "f"]]),
        ("select is_member('a'), 'is_member(1)' from t", [["is_member"]]),
        ("select c.s.f(a), s.f(b), own(c), upper(d), count(*) from t", [["c", "s", "f"], ["s", "f"], ["own"]]),
    ],
)
def test_functions_that_are_not_plainly_sparks_are_found(text: str, calls: list[list[str]]) -> None:
    assert [call.parts for call in analyse(text).calls] == calls


def test_a_table_definition_is_understood() -> None:
    statement = analyse(
        "CREATE TABLE IF NOT EXISTS `c`.`s`.`t` (`a` INT NOT NULL COMMENT 'x')\nUSING DELTA\nCOMMENT 'hi'\n"
        "TBLPROPERTIES ('a'='b')"
    )
    assert (statement.comment, statement.properties, statement.if_not_exists) == ("hi", {"a": "b"}, True)


def test_arguments_become_literals_where_their_markers_stand() -> None:
    text = "select ':x', a:x, ':y' from t where b = :x and c > :y -- :x"
    assert written(text, {"x": "'it\\'s'", "y": "(1)"}, []) == (
        "select ':x', a:x, ':y' from t where b = 'it\\'s' and c > (1) -- :x"
    )
    assert written("select ?, '?' from t where a = ?", {}, ["(1)", "(2)"]) == "select (1), '?' from t where a = (2)"
