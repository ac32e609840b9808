//! Spreading an amount over lines.

/// Spreads `amount` over `weights` in proportion, rounded towards zero; what is left goes to the largest weight, the
/// first of equals. The parts always sum to `amount` (none when there are no weights). Weights below zero count as
/// zero; when all are zero the first takes everything.
pub fn spread(amount: i64, weights: &[i64]) -> Vec<i64> {
    let weight = |w: i64| i128::from(w.max(0));
    let whole: i128 = weights.iter().map(|w| weight(*w)).sum();
    let share = |w: i64| (i128::from(amount) * weight(w)).checked_div(whole).unwrap_or(0);
    let mut parts: Vec<i64> = weights.iter().map(|w| i64::try_from(share(*w)).unwrap_or(0)).collect();
    let left = i128::from(amount) - parts.iter().map(|part| i128::from(*part)).sum::<i128>();
    let largest = (0..weights.len()).min_by_key(|i| std::cmp::Reverse(weights[*i].max(0)));
    if let Some(part) = largest.and_then(|i| parts.get_mut(i)) {
        *part = part.saturating_add(i64::try_from(left).unwrap_or(0));
    }
    parts
}
