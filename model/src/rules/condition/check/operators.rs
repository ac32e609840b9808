//! Operators of a condition: logic, comparisons, `in`, whole-number arithmetic.

use super::{Checker, Typed};
use crate::{
    rules::condition::tree::{Compare, Number, Operation, Test, Text},
    said::{Args, args},
};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators as named};

/// An operator as the parser names it.
enum Operator {
    And,
    Or,
    Compare(Compare),
    Number(Operation),
    In,
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        named::LOGICAL_AND => Operator::And,
        named::LOGICAL_OR => Operator::Or,
        named::EQUALS => Operator::Compare(Compare::Equal),
        named::NOT_EQUALS => Operator::Compare(Compare::NotEqual),
        named::LESS => Operator::Compare(Compare::Less),
        named::LESS_EQUALS => Operator::Compare(Compare::LessOrEqual),
        named::GREATER => Operator::Compare(Compare::Greater),
        named::GREATER_EQUALS => Operator::Compare(Compare::GreaterOrEqual),
        named::ADD => Operator::Number(Operation::Add),
        named::SUBSTRACT => Operator::Number(Operation::Subtract),
        named::MULTIPLY => Operator::Number(Operation::Multiply),
        named::DIVIDE => Operator::Number(Operation::Divide),
        named::MODULO => Operator::Number(Operation::Remainder),
        named::IN => Operator::In,
        _ => return None,
    })
}

impl Checker<'_> {
    pub(super) fn call(&mut self, at: &IdedExpr, call: &CallExpr) -> Option<Typed> {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (named::LOGICAL_NOT, [inner]) => Some(Typed::Test(Test::Not(Box::new(self.test(inner)?)))),
            (named::NEGATE, [inner]) => Some(Typed::Number(Number::Negative(Box::new(self.number(inner)?)))),
            (named::CONDITIONAL, _) => self.not_allowed(at, "conditional"),
            (named::INDEX, _) => self.not_allowed(at, "index"),
            (name, [left, right]) => match operator(name) {
                Some(operator) => self.binary(at, &operator, left, right),
                None => self.function(at, call),
            },
            _ => self.function(at, call),
        }
    }

    fn binary(&mut self, at: &IdedExpr, operator: &Operator, left: &IdedExpr, right: &IdedExpr) -> Option<Typed> {
        match operator {
            Operator::And => {
                let (left, right) = (self.test(left), self.test(right));
                Some(Typed::Test(Test::And(Box::new([left?, right?]))))
            }
            Operator::Or => {
                let (left, right) = (self.test(left), self.test(right));
                Some(Typed::Test(Test::Or(Box::new([left?, right?]))))
            }
            Operator::Number(operation) => {
                let (left, right) = (self.number(left), self.number(right));
                Some(Typed::Number(Number::Sum(*operation, Box::new([left?, right?]))))
            }
            Operator::Compare(compare) => {
                let (first, second) = (self.value(left), self.value(right));
                self.compare(at, *compare, (left, first?), (right, second?))
            }
            Operator::In => self.is_in(left, right),
        }
    }

    fn compare(
        &mut self,
        at: &IdedExpr,
        compare: Compare,
        (left_at, left): (&IdedExpr, Typed),
        (right_at, right): (&IdedExpr, Typed),
    ) -> Option<Typed> {
        let only_equality = matches!(compare, Compare::Equal | Compare::NotEqual);
        let equality = |same: Test| if compare == Compare::Equal { same } else { Test::Not(Box::new(same)) };
        let test = match (left, right) {
            (Typed::Number(left), Typed::Number(right)) => Test::Numbers(compare, Box::new([left, right])),
            (Typed::Text(left), Typed::Text(right)) if only_equality => {
                self.known_value(right_at, &left, &right)?;
                self.known_value(left_at, &right, &left)?;
                equality(Test::TextsEqual(left, right))
            }
            (Typed::Test(left), Typed::Test(right)) if only_equality => equality(Test::Same(Box::new([left, right]))),
            (Typed::Amount(amount), Typed::Money(limit)) => Test::Amount(compare, amount, limit),
            (Typed::Money(limit), Typed::Amount(amount)) => Test::Amount(compare.flipped(), amount, limit),
            (Typed::Amount(_) | Typed::Money(_), Typed::Amount(_) | Typed::Money(_)) => {
                return self.mistake(at, "money_with_money_literal", Args::new());
            }
            (left, right) => {
                let found = args([("left", left.name().to_owned()), ("right", right.name().to_owned())]);
                return self.mistake(at, "not_comparable", found);
            }
        };
        Some(Typed::Test(test))
    }

    /// A word with a closed set of values compared with something it can never be is a slip of the pen.
    fn known_value(&mut self, at: &IdedExpr, variable: &Text, value: &Text) -> Option<()> {
        let (Text::Of(word), Text::Literal(value)) = (variable, value) else {
            return Some(());
        };
        match word.values() {
            Some(known) if !known.contains(&value.as_str()) => {
                self.mistake(at, "unknown_value", args([("value", value.clone()), ("known", known.join(", "))]))
            }
            Some(_) | None => Some(()),
        }
    }

    /// `text in ['a', 'b']` and `number in [1, 2]`.
    fn is_in(&mut self, value: &IdedExpr, list: &IdedExpr) -> Option<Typed> {
        let value = self.value(value);
        let Expr::List(list_of) = &list.expr else {
            return self.mistake(list, "list_wanted", Args::new());
        };
        let test = match value? {
            Typed::Text(text) => {
                let words: Vec<_> = list_of.elements.iter().map(|e| self.word(e, &text)).collect();
                Test::TextIn(text, words.into_iter().collect::<Option<_>>()?)
            }
            Typed::Number(number) => {
                let numbers: Vec<_> = list_of.elements.iter().map(|e| self.whole(e)).collect();
                Test::NumberIn(Box::new(number), numbers.into_iter().collect::<Option<_>>()?)
            }
            other => return self.wrong_type(list, "text", &other),
        };
        Some(Typed::Test(test))
    }

    fn word(&mut self, at: &IdedExpr, variable: &Text) -> Option<String> {
        match self.text(at)? {
            Text::Literal(word) => {
                self.known_value(at, variable, &Text::Literal(word.clone()))?;
                Some(word)
            }
            Text::Of(_) => self.mistake(at, "literal_wanted", Args::new()),
        }
    }

    fn whole(&mut self, at: &IdedExpr) -> Option<i64> {
        match &at.expr {
            Expr::Literal(LiteralValue::Int(value)) => Some(*value.inner()),
            _ => self.mistake(at, "literal_wanted", Args::new()),
        }
    }
}
