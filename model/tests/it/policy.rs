//! Tests of policies: the condition language, and every mistake at its place.

use crate::world::{facts, item, order, product};
use model::{
    facts::Facts,
    money::{Currency, Money},
    order::state::Order,
    rules::{
        condition::{CONDITION_BYTES_MAX, Condition, Unsure, View},
        policy::{FAULT_CODES, Policies, PolicyFault},
        pricing::{Difference, audit},
    },
    said::{Charge, ChargeKind, OrderKind, PaymentMethod, Specification},
};
use std::sync::Arc;

const LADDER: &str = "[authority]\nsales = \"50000.00 CNY\"\nboss = \"unlimited\"\n";

fn read(files: &[(&str, &str)]) -> Result<Policies, Vec<PolicyFault>> {
    let files: Vec<_> = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Policies::read(&files)
}

/// `file:line:column code` of every fault, with the named argument where one is asked for.
fn faults(files: &[(&str, &str)]) -> Vec<String> {
    let faults = read(files).expect_err("faults");
    assert!(faults.iter().all(|f| FAULT_CODES.contains(&f.code.as_str())), "a code that is not listed: {faults:?}");
    faults.iter().map(ToString::to_string).collect()
}

fn row(when: &str) -> String {
    format!("[[approval]]\nname = \"r\"\nwhen = '''{when}'''\nsteps = [\"boss\"]\n")
}

/// The strategic custom order of a key customer: 30 lamps at 100.00 with 10 % off, one of 200.00 made to measure.
fn example() -> (Order, Facts) {
    let mut facts = facts(Arc::new(Policies::default()));
    facts.products.insert("L2".into(), {
        let mut lamp = (*product("L2", 900)).clone();
        lamp.category = "street light".into();
        Arc::new(lamp)
    });
    let mut lines = vec![item("1", "L1", 30, "100"), item("2", "L2", 1, "200")];
    lines[0].discount = 30_000;
    lines[1].specification = vec![Specification { name: "length".into(), value: "1830".into(), unit: "mm".into() }];
    let mut order = order(lines);
    order.header.customer = "K1".into();
    order.header.kind = OrderKind::Custom;
    order.header.payment.method = PaymentMethod::OnAccount;
    order.header.charges = vec![Charge { kind: ChargeKind::Discount, label: "voucher".into(), amount: 20_00 }];
    (order, facts)
}

#[test]
fn conditions_ask_what_the_table_of_variables_offers() {
    let (order, facts) = example();
    let view = View::of(&order, &facts);
    // 3000 - 300 + 200 - 20
    assert_eq!(view.total, Money::new(288_000, Currency::CNY));
    let cases = [
        ("true", true),
        ("order.kind == 'custom'", true),
        ("'custom' == order.kind", true),
        ("order.kind != 'custom'", false),
        ("order.kind in ['regular', 'strategic']", false),
        ("!(order.kind in ['regular', 'strategic'])", true),
        ("order.channel == 'web' && order.currency == 'CNY'", true),
        ("order.customer == 'K1'", true),
        ("order.customer == ''", false),
        ("order.tier == 'key' && order.group == 'dealer'", true),
        ("order.total > money('2880.00 CNY')", false),
        ("order.total >= money('2880.00 CNY')", true),
        ("money('2880 CNY') == order.total", true),
        ("money('2880.01 CNY') > order.total", true),
        // (300 + 20) / 3200
        ("order.discount_ppm == 100000", true),
        ("order.discount_ppm / 10000 + 1 == 11 && -order.discount_ppm < 0", true),
        ("order.discount_ppm % 7 * 2 - 1 >= -1", true),
        ("order.has_margin", false),
        ("order.has_margin && order.margin_ppm < 200000", false),
        ("order.payment_method == 'on_account' && order.payment_state == 'paid'", true),
        ("order.destination.country == 'CN' && order.destination.city == '上海市'", true),
        ("order.destination.region.startsWith('上海') && order.destination.region.size() == 3", true),
        ("order.customer.endsWith('1') && order.customer.contains('K')", true),
        ("size(order.customer) == 2 && size(lines) == 2 && order.lines_count == 2", true),
        ("order.price_difference", false),
        ("order.price_difference == false", true),
        ("lines.exists(l, l.sku == 'L1' && l.quantity >= 30)", true),
        ("lines.exists(l, l.quantity > 30)", false),
        ("lines.all(l, l.quantity >= 1)", true),
        ("lines.all(l, l.custom)", false),
        ("lines.exists(x, x.custom && x.category == 'street light')", true),
        ("lines.exists(l, l.net == money('2700.00 CNY') && l.discount_ppm == 100000)", true),
        ("lines.exists(l, order.kind == 'custom' && l.sku in ['L2', 'L3'])", true),
        ("lines.exists(l, l.quantity in [1, 5])", true),
        ("false || (true && !false)", true),
    ];
    for (text, expected) in cases {
        let condition = Condition::read(text).expect(text);
        let answer = condition.ask(&view);
        assert_eq!((answer.held, answer.unsure), (expected, None), "{text}");
    }
}

#[test]
fn what_cannot_be_known_holds_and_says_why() {
    let (order, facts) = example();
    let view = View::of(&order, &facts);
    let (eur, margin, sum) = (Unsure::OtherCurrency, Unsure::MarginUnknown, Unsure::Arithmetic);
    let cases = [
        ("order.total > money('1.00 EUR')", true, Some(eur)),
        ("!(order.total > money('1.00 EUR'))", true, Some(eur)),
        ("order.currency == 'EUR' && order.total > money('1.00 EUR')", false, None),
        ("order.total > money('1.00 EUR') && order.currency == 'EUR'", false, None),
        ("order.total > money('1.00 EUR') || order.kind == 'custom'", true, None),
        ("order.margin_ppm < 100000", true, Some(margin)),
        ("order.margin_ppm < 100000 || order.kind == 'regular'", true, Some(margin)),
        ("lines.exists(l, l.net > money('9.00 USD'))", true, Some(eur)),
        ("lines.all(l, l.net > money('9.00 USD') && l.custom)", false, None),
        ("1 / (order.lines_count - 2) > 0", true, Some(sum)),
        ("9223372036854775807 + order.lines_count > 0", true, Some(sum)),
        ("(order.total > money('1.00 EUR')) == true", true, Some(eur)),
    ];
    for (text, held, unsure) in cases {
        let answer = Condition::read(text).expect(text).ask(&view);
        assert_eq!((answer.held, answer.unsure), (held, unsure), "{text}");
    }
}

#[test]
fn the_price_audit_gives_margin_and_differences() {
    let (mut order, facts) = example();
    let mut judged = audit(&order, &facts);
    judged.margin_ppm = Some(-10);
    judged.differences = vec![Difference { code: "no_price".into(), line: Some(1), charged: 1, expected: 0 }];
    order.audit = Some(judged);
    let view = View::of(&order, &facts);
    for text in ["order.has_margin && order.margin_ppm < 0", "order.price_difference"] {
        let answer = Condition::read(text).expect(text).ask(&view);
        assert_eq!((answer.held, answer.unsure), (true, None), "{text}");
    }
}

#[test]
fn a_part_of_a_unit_counts_as_one_and_cancelled_lines_do_not_count() {
    let (mut order, facts) = example();
    order.lines[0].counters.ordered.0 = 2_500_000;
    let cancelled = order.lines[1].counters.ordered;
    order.lines[1].counters.cancelled = cancelled;
    let view = View::of(&order, &facts);
    assert_eq!(view.lines.iter().map(|l| l.quantity).collect::<Vec<_>>(), [3]);
}

#[test]
fn what_is_outside_the_language_is_refused_at_its_place() {
    // (condition, "offset code" of every mistake)
    let cases: &[(&str, &[&str])] = &[
        ("order.totl > money('1.00 CNY')", &["0 unknown_variable"]),
        ("true && order.kin == 'custom' && ordr.kind == 'x'", &["8 unknown_variable", "33 unknown_variable"]),
        ("order.kind == 'stratgic'", &["14 unknown_value"]),
        ("order.tier in ['key', 'gold']", &["22 unknown_value"]),
        ("order.kind", &["0 wrong_type"]),
        ("order.lines_count", &["0 wrong_type"]),
        ("order.kind && true", &["0 wrong_type"]),
        ("!order.lines_count", &["1 wrong_type"]),
        ("order.total > 100", &["12 not_comparable"]),
        ("order.total > order.total", &["12 money_with_money_literal"]),
        ("order.kind < 'x'", &["11 not_comparable"]),
        ("order.kind == 1", &["11 not_comparable"]),
        ("order.total + money('1.00 CNY') > money('2.00 CNY')", &["0 wrong_type", "14 wrong_type"]),
        ("money('10.001 CNY') < order.total", &["6 bad_amount"]),
        ("money('ten CNY') < order.total", &["6 bad_amount"]),
        ("money('10.00') < order.total", &["6 bad_amount"]),
        ("money(order.kind) < order.total", &["6 bad_amount"]),
        ("order.discount_ppm > 0.15", &["21 not_allowed"]),
        ("order.discount_ppm > 15u", &["21 not_allowed"]),
        ("order.kind == null", &["14 not_allowed"]),
        ("order.kind == b'x'", &["14 not_allowed"]),
        ("order.kind == 'custom' ? true : false", &["23 not_allowed"]),
        ("lines[0].custom", &["5 not_allowed"]),
        ("{'a': 1} == 1", &["0 not_allowed"]),
        ("[1] == 1", &["0 not_allowed"]),
        ("order.kind.matches('c.*')", &["0 unknown_function"]),
        ("has(order.kind)", &["0 unknown_function"]),
        ("lines.map(l, l.sku) == 1", &["0 unknown_function"]),
        ("lines.exists(l, lines.all(m, m.custom))", &["16 nested_loop"]),
        ("order.kind.exists(l, true)", &["0 wrong_type"]),
        ("lines.exists(order, true)", &["13 bad_loop_name"]),
        ("lines.exists(l.sku, true)", &["13 bad_loop_name"]),
        ("lines.exists(l, l.weight > 3)", &["16 unknown_variable"]),
        ("l.custom", &["0 unknown_variable"]),
        ("order.kind in order.tier", &["14 list_wanted"]),
        ("order.channel in [order.tier]", &["18 literal_wanted"]),
        ("order.lines_count in ['a']", &["22 literal_wanted"]),
        ("order.channel == 'a", &["17 condition_text_open"]),
        ("order.channel = 'a'", &["14 condition_sign"]),
        ("order.kind == 'custom' and true", &["23 condition_operator_wanted"]),
        ("order.total > > 5", &["14 condition_value_wanted"]),
        ("lines.exists(l, )", &["16 condition_value_wanted"]),
        ("order.kind in ['custom' true]", &["24 condition_bracket_wanted"]),
        ("(order.credit_known", &["19 condition_ends_early"]),
        ("true ? 1", &["8 condition_ends_early"]),
        ("order.channel ==", &["16 condition_ends_early"]),
        ("", &["0 condition_ends_early"]),
        ("order.channel == '灯' && order.", &["32 condition_syntax"]),
        ("'灯' == order.channel ) && true", &["23 condition_operator_wanted"]),
    ];
    for (text, expected) in cases {
        let mistakes = Condition::read(text).expect_err(text);
        let found: Vec<_> = mistakes.iter().map(|m| format!("{} {}", m.offset, m.code)).collect();
        assert_eq!(&found, expected, "{text}: {mistakes:?}");
        assert!(mistakes.iter().all(|m| FAULT_CODES.contains(&m.code)), "{text}");
    }
}

#[test]
fn a_mistake_says_what_was_found() {
    let found = |text: &str| Condition::read(text).expect_err(text)[0].args["found"].clone();
    assert_eq!(found("order.channel = 'a'"), "=");
    assert_eq!(found("order.kind == 'custom' and true"), "and");
    assert_eq!(found("order.channel == 'a"), "'a");
    assert_eq!(found("order.kind in ['custom' true]"), "true");
    let mistakes = Condition::read("order.kind in ['custom' true]").expect_err("no comma");
    assert_eq!(mistakes[0].args["wanted"], "] ,");
}

#[test]
fn no_text_breaks_the_reader() {
    let deep = |open: &str, close: &str, n: usize| format!("{}true{}", open.repeat(n), close.repeat(n));
    let hard = [
        deep("(", ")", 8),
        deep("(", ")", 490),
        deep("[", "]", 480),
        deep("!", "", 99),
        "true ? ".repeat(100),
        format!("order{} == 1", ".a".repeat(95)),
        format!("{}1 == 1", "1 + ".repeat(95)),
        format!("{}1 == 1", "1 - -".repeat(45)),
        format!("{}true", "true && ".repeat(45)),
        format!("{}true", "true || ".repeat(45)),
        format!("order.kind in [{}]", "'a',".repeat(180)),
        "'".repeat(999),
        "\u{0}\u{1}\\".into(),
        "灯".repeat(CONDITION_BYTES_MAX / 3),
        "x".repeat(CONDITION_BYTES_MAX + 1),
    ];
    for text in &hard {
        let _ = Condition::read(text);
    }
    assert!(Condition::read(&hard[0]).is_ok());
    assert!(Condition::read(&hard[8]).is_ok());
    for too_big in [&hard[1], &hard[2], &hard[14]] {
        assert_eq!(Condition::read(too_big).expect_err("too big")[0].code, "condition_too_big");
    }
    let whole = "order.total > money('1.00 CNY') && lines.exists(l, l.sku in ['灯', \"b\"] && !(-l.quantity % 2 == 1))";
    assert!(Condition::read(whole).is_ok());
    let ends = whole.char_indices().map(|(at, _)| at);
    for at in ends.step_by(3) {
        let _ = Condition::read(&whole[..at]);
        let _ = Condition::read(&whole[at..]);
        for extra in ["(", "'", "\\", ".", "?", "\n", "`", "9"] {
            let _ = Condition::read(&format!("{}{extra}{}", &whole[..at], &whole[at..]));
        }
    }
}

#[test]
fn a_set_without_files_is_the_default_set() {
    let policies = read(&[]).expect("no files");
    assert_eq!(policies.approval.rows().count(), 0);
    assert_eq!(policies.hash.len(), 64);
}

#[test]
fn the_hash_names_the_texts_whatever_their_order() {
    let hash = |files: &[(&str, &str)]| read(files).expect("policies").hash;
    let first = hash(&[("a.toml", LADDER), ("b.toml", "")]);
    assert_eq!(first, hash(&[("b.toml", ""), ("a.toml", LADDER)]));
    assert_ne!(first, hash(&[("a.toml", LADDER)]));
    assert_ne!(first, hash(&[("a.toml", LADDER), ("b.toml", "# a remark\n")]));
    assert_ne!(hash(&[("a", "")]), hash(&[("", "")]));
    let kept = read(&[("b.toml", ""), ("a.toml", LADDER)]).expect("policies").texts;
    assert_eq!(kept, [("a.toml".to_owned(), LADDER.to_owned()), ("b.toml".to_owned(), String::new())]);
}

#[test]
fn rows_stand_in_the_order_of_file_name_and_line() {
    let named = |name: &str| row("true").replace("\"r\"", &format!("\"{name}\""));
    let (one, two) = (format!("{}{}", named("z"), named("a")), named("m"));
    let policies = read(&[("2.toml", &two), ("1.toml", &one), ("0.toml", LADDER)]).expect("policies");
    assert_eq!(policies.approval.rows().collect::<Vec<_>>(), ["z", "a", "m"]);
}

#[test]
fn mistakes_of_all_files_are_reported_at_once() {
    let a = "[authority]\nsales = \"many CNY\"\nboss = \"unlimited\"\n\n[approvals]\nx = 1\n";
    let b =
        format!("{}[[approval]]\nname = \"s\"\nwhen = \"order.kid == 'a'\"\nsteps = [\"bos\"]\ndue = 3\n", row("tru"));
    let c = "[checks\nname = 3\n[pricing]\nx = \n";
    let found = faults(&[("a.toml", a), ("b.toml", &b), ("c.toml", c)]);
    let expected = [
        "a.toml:2:9: bad_amount",
        "a.toml:5:2: unknown_table",
        "b.toml:3:11: unknown_variable",
        "b.toml:9:1: bad_field",
        "c.toml:1:8: toml_syntax",
        "c.toml:4:5: toml_syntax",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_place_in_a_condition_is_its_place_in_the_file() {
    let of = |when: &str| {
        let text = format!("{LADDER}[[approval]]\nname = 'r'\nwhen = {when}\nsteps = ['boss']\n");
        faults(&[("a.toml", &text)])
    };
    let at = |line: u32, column: u32| vec![format!("a.toml:{line}:{column}: unknown_variable")];
    assert_eq!(of("'true && order.x'"), at(6, 17));
    assert_eq!(of("\"true && order.x\""), at(6, 17));
    assert_eq!(of(r#""order.channel == \"a\" && order.x""#), at(6, 35));
    assert_eq!(of(r#""order.channel == '\u706F\t' && order.x""#), at(6, 40));
    assert_eq!(of("'''\ntrue\n  && order.x'''"), at(8, 6));
    assert_eq!(of("\"\"\"true \\\n   && order.x\"\"\""), at(7, 7));
    assert_eq!(of("\"\"\"\r\ntrue\r\n && order.x\"\"\""), at(8, 5));
    assert_eq!(of("\"order.channel == '灯' && order.x\""), at(6, 33));
}

#[test]
fn every_mistake_around_rows_and_ladder_has_its_code() {
    let steps = |steps: &str| format!("{LADDER}[[approval]]\nname = 'r'\nwhen = 'true'\n{steps}\n");
    let cases = [
        (format!("{LADDER}{}{}", row("true"), row("true")), "a.toml:9:8: row_name_twice"),
        (steps("").replace("'r'", "' '") + "steps = ['boss']", "a.toml:5:8: row_name_bad"),
        (steps(""), "a.toml:4:1: steps_or_bands"),
        (steps("steps = ['boss']\nbands = [{ steps = ['boss'] }]"), "a.toml:4:1: steps_or_bands"),
        (steps("steps = []"), "a.toml:7:9: steps_missing"),
        (steps("steps = ['bos']"), "a.toml:7:10: unknown_role"),
        (steps("steps = ['boss', 'boss']"), "a.toml:7:18: role_twice"),
        (steps("steps = ['boss', 'sales']"), "a.toml:7:18: steps_not_up_the_ladder"),
        (steps("steps = ['boss']\ndue_hours = 0"), "a.toml:8:13: due_out_of_range"),
        (steps("steps = 'boss'"), "a.toml:7:9: bad_field"),
        (steps("bands = []"), "a.toml:7:9: last_band_limited"),
        (steps("bands = [{ up_to = '5 CNY', steps = ['boss'] }]"), "a.toml:7:10: last_band_limited"),
        (steps("bands = [{ steps = ['boss'] }, { steps = ['boss'] }]"), "a.toml:7:10: only_last_band_open"),
        (
            steps(
                "bands = [{ up_to = '5 CNY', steps = ['boss'] }, { up_to = '5 CNY', steps = ['boss'] }, { steps = ['boss'] }]",
            ),
            "a.toml:7:59: bands_not_rising",
        ),
        (
            steps(
                "bands = [{ up_to = '5 CNY', steps = ['boss'] }, { up_to = '9 EUR', steps = ['boss'] }, { steps = ['boss'] }]",
            ),
            "a.toml:7:59: band_currency",
        ),
        (row("true"), "a.toml:4:10: unknown_role"),
        ("[authority]\nsales = '5 CNY'\n".into(), "a.toml:2:1: authority_for_nobody"),
        ("[authority]\n".into(), "a.toml:1:2: authority_for_nobody"),
        ("[authority]\nsales = ['5 CNY', '6 CNY']\nboss = 'unlimited'\n".into(), "a.toml:2:19: currency_twice"),
        ("[authority]\nsales = '-5 CNY'\nboss = 'unlimited'\n".into(), "a.toml:2:9: negative_amount"),
        ("[authority]\nsales = 5\nboss = 'unlimited'\n".into(), "a.toml:2:9: bad_authority"),
        ("[approval]\nname = 'r'\n".into(), "a.toml:1:2: wrong_table_form"),
        ("approval = [1]\n".into(), "a.toml:1:13: wrong_table_form"),
        ("checks = 3\n".into(), "a.toml:1:1: wrong_table_form"),
        (format!("# {}", "x".repeat(300_000)), "a.toml:1:1: file_too_big"),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(&[("a.toml", &text)]), [expected], "{}", &text[..text.len().min(300)]);
    }
}

#[test]
fn a_table_stands_once_over_all_files() {
    let twice = read(&[("a.toml", LADDER), ("b.toml", LADDER)]).expect_err("twice");
    assert_eq!(twice[0].to_string(), "b.toml:1:2: table_twice");
    assert_eq!(twice[0].args["first"], "a.toml:1");
    assert_eq!(
        faults(&[("a.toml", LADDER), ("a.toml", LADDER)]),
        ["a.toml:1:1: file_twice", "a.toml:1:2: table_twice"]
    );
}

#[test]
fn the_manual_explains_every_code_and_every_variable() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policies.md");
    let manual = std::fs::read_to_string(path).expect("docs/policies.md");
    for code in FAULT_CODES {
        assert!(manual.contains(&format!("| `{code}` |")), "{code} is not explained");
    }
    for unknown in ["order.x == 1", "lines.exists(l, l.x == 1)"] {
        let mistakes = Condition::read(unknown).expect_err(unknown);
        for variable in mistakes[0].args["known"].split(", ") {
            assert!(manual.contains(&format!("`{variable}`")), "{variable} is not explained");
        }
    }
}
