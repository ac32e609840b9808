//! Checks a parsed condition against the table of variables and functions and builds the typed tree.

mod operators;

use super::{
    Mistake,
    tree::{Number, Part, Quantifier, Test, Text},
    variables::{self, LINE, ORDER, Variable},
};
use crate::{
    money::Money,
    rules::policy::amount,
    said::{Args, args},
};
use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, SourceInfo};

/// Functions a condition may call.
const FUNCTIONS: &str = "startsWith, endsWith, contains, size, money, lines.exists, lines.all";

/// # Errors
/// Every mistake found, in the order of the text.
pub(super) fn check(tree: &IdedExpr, places: &SourceInfo) -> Result<Test, Vec<Mistake>> {
    let mut checker = Checker { places, line: None, mistakes: vec![] };
    let test = checker.test(tree);
    match test {
        Some(test) if checker.mistakes.is_empty() => Ok(test),
        _ => {
            checker.mistakes.sort_by_key(|mistake| mistake.offset);
            Err(checker.mistakes)
        }
    }
}

/// A checked part of a condition, with its type.
enum Typed {
    Test(Test),
    Number(Number),
    Text(Text),
    Amount(super::tree::Amount),
    Money(Money),
    Lines,
}

impl Typed {
    /// The type's name, as `docs/policies.md` has it.
    fn name(&self) -> &'static str {
        match self {
            Self::Test(_) => "bool",
            Self::Number(_) => "int",
            Self::Text(_) => "text",
            Self::Amount(_) | Self::Money(_) => "money",
            Self::Lines => "lines",
        }
    }
}

struct Checker<'t> {
    places: &'t SourceInfo,
    /// The name of the line in the loop we are in.
    line: Option<String>,
    mistakes: Vec<Mistake>,
}

/// `None` everywhere means: a mistake was noted.
impl Checker<'_> {
    fn mistake<T>(&mut self, at: &IdedExpr, code: &'static str, args: Args) -> Option<T> {
        let offset = self.offset(at);
        self.mistakes.push(Mistake { offset, code, args });
        None
    }

    /// Where an expression begins; an operator's own place for operators.
    fn offset(&self, at: &IdedExpr) -> usize {
        match &at.expr {
            Expr::Select(select) => self.offset(&select.operand),
            Expr::Call(CallExpr { target: Some(target), .. }) => self.offset(target),
            Expr::Call(call) => self.before(self.token(at), &call.func_name),
            _ => self.token(at),
        }
    }

    fn token(&self, at: &IdedExpr) -> usize {
        self.places.offset_for(at.id).map_or(0, |(start, _)| start as usize)
    }

    /// The parser places `name(..)` at its bracket; it begins at its name.
    fn before(&self, bracket: usize, name: &str) -> usize {
        let ends = self.places.source.get(..bracket).is_some_and(|before| before.ends_with(name));
        if ends { bracket - name.len() } else { bracket }
    }

    fn wrong_type<T>(&mut self, at: &IdedExpr, wanted: &str, found: &Typed) -> Option<T> {
        self.mistake(at, "wrong_type", args([("wanted", wanted.to_owned()), ("found", found.name().to_owned())]))
    }

    fn not_allowed<T>(&mut self, at: &IdedExpr, what: &str) -> Option<T> {
        self.mistake(at, "not_allowed", args([("what", what.to_owned())]))
    }

    fn test(&mut self, at: &IdedExpr) -> Option<Test> {
        match self.value(at)? {
            Typed::Test(test) => Some(test),
            other => self.wrong_type(at, "bool", &other),
        }
    }

    fn number(&mut self, at: &IdedExpr) -> Option<Number> {
        match self.value(at)? {
            Typed::Number(number) => Some(number),
            other => self.wrong_type(at, "int", &other),
        }
    }

    fn text(&mut self, at: &IdedExpr) -> Option<Text> {
        match self.value(at)? {
            Typed::Text(text) => Some(text),
            other => self.wrong_type(at, "text", &other),
        }
    }

    fn value(&mut self, at: &IdedExpr) -> Option<Typed> {
        match &at.expr {
            Expr::Literal(literal) => self.literal(at, literal),
            Expr::Ident(_) | Expr::Select(_) => self.variable(at),
            Expr::Call(call) => self.call(at, call),
            Expr::List(_) => self.not_allowed(at, "list"),
            Expr::Map(_) => self.not_allowed(at, "map"),
            Expr::Struct(_) => self.not_allowed(at, "struct"),
            Expr::Comprehension(_) | Expr::Unspecified => self.not_allowed(at, "expression"),
        }
    }

    fn literal(&mut self, at: &IdedExpr, literal: &LiteralValue) -> Option<Typed> {
        match literal {
            LiteralValue::Boolean(yes) => Some(Typed::Test(Test::Constant(*yes.inner()))),
            LiteralValue::Int(value) => Some(Typed::Number(Number::Literal(*value.inner()))),
            LiteralValue::String(text) => Some(Typed::Text(Text::Literal(text.inner().to_owned()))),
            LiteralValue::Double(_) => self.not_allowed(at, "float"),
            LiteralValue::UInt(_) => self.not_allowed(at, "unsigned"),
            LiteralValue::Bytes(_) => self.not_allowed(at, "bytes"),
            LiteralValue::Null => self.not_allowed(at, "null"),
        }
    }

    fn variable(&mut self, at: &IdedExpr) -> Option<Typed> {
        let Some(name) = dotted(at) else {
            return self.not_allowed(at, "field");
        };
        if name == "lines" {
            return Some(Typed::Lines);
        }
        let line = self.line.clone().unwrap_or_default();
        let field = name.strip_prefix(&line).and_then(|rest| rest.strip_prefix('.')).filter(|_| !line.is_empty());
        let table: &[(&str, Variable)] = if field.is_some() { &LINE } else { &ORDER };
        match variables::find(table, field.unwrap_or(&name)) {
            Some(Variable::Flag(flag)) => Some(Typed::Test(Test::Flag(flag))),
            Some(Variable::Count(count)) => Some(Typed::Number(Number::Of(count))),
            Some(Variable::Word(word)) => Some(Typed::Text(Text::Of(word))),
            Some(Variable::Amount(amount)) => Some(Typed::Amount(amount)),
            None => {
                let known = variables::names(table);
                self.mistake(at, "unknown_variable", args([("name", name), ("known", known)]))
            }
        }
    }

    fn function(&mut self, at: &IdedExpr, call: &CallExpr) -> Option<Typed> {
        match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
            ("startsWith", Some(text), [part]) => self.text_has(Part::Start, text, part),
            ("endsWith", Some(text), [part]) => self.text_has(Part::End, text, part),
            ("contains", Some(text), [part]) => self.text_has(Part::Anywhere, text, part),
            ("size", Some(of), []) | ("size", None, [of]) => self.size(of),
            ("money", None, [text]) => self.money(text),
            ("exists", Some(over), [name, test]) => self.over_lines(Quantifier::Exists, over, name, test),
            ("all", Some(over), [name, test]) => self.over_lines(Quantifier::All, over, name, test),
            (name, ..) => {
                let name = name.to_owned();
                self.mistake(at, "unknown_function", args([("name", name), ("known", FUNCTIONS.to_owned())]))
            }
        }
    }

    fn text_has(&mut self, part: Part, text: &IdedExpr, pattern: &IdedExpr) -> Option<Typed> {
        let (text, pattern) = (self.text(text), self.text(pattern));
        Some(Typed::Test(Test::TextHas(part, text?, pattern?)))
    }

    fn size(&mut self, of: &IdedExpr) -> Option<Typed> {
        match self.value(of)? {
            Typed::Text(text) => Some(Typed::Number(Number::Length(text))),
            Typed::Lines => Some(Typed::Number(Number::Of(super::tree::Count::Lines))),
            other => self.wrong_type(of, "text", &other),
        }
    }

    fn money(&mut self, text: &IdedExpr) -> Option<Typed> {
        let Expr::Literal(LiteralValue::String(literal)) = &text.expr else {
            return self.mistake(text, "bad_amount", args([("text", String::new())]));
        };
        match amount::read(literal.inner()) {
            Some(money) => Some(Typed::Money(money)),
            None => self.mistake(text, "bad_amount", args([("text", literal.inner().to_owned())])),
        }
    }

    fn over_lines(
        &mut self,
        quantifier: Quantifier,
        over: &IdedExpr,
        name: &IdedExpr,
        test: &IdedExpr,
    ) -> Option<Typed> {
        if self.line.is_some() {
            return self.mistake(over, "nested_loop", Args::new());
        }
        let over_is_lines = match self.value(over) {
            Some(Typed::Lines) => true,
            Some(other) => self.wrong_type::<()>(over, "lines", &other).is_some(),
            None => false,
        };
        match &name.expr {
            Expr::Ident(word) if word != "order" && word != "lines" && !word.starts_with('.') => {
                self.line = Some(word.clone());
            }
            _ => return self.mistake(name, "bad_loop_name", Args::new()),
        }
        let test = self.test(test);
        self.line = None;
        if over_is_lines { Some(Typed::Test(Test::Lines(quantifier, Box::new(test?)))) } else { None }
    }
}

/// `a.b.c` as written; `None` for anything but names joined by dots.
fn dotted(at: &IdedExpr) -> Option<String> {
    match &at.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => Some(format!("{}.{}", dotted(&select.operand)?, select.field)),
        _ => None,
    }
}
