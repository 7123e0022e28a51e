//! Reads the Prometheus text format as far as an engine's gauges and counters need it.

/// Samples of one scrape.
pub(super) struct Samples<'a> {
    text: &'a str,
}

impl<'a> Samples<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// Values of one name, over all label sets. Not-a-number and infinities are left out.
    fn values(&self, name: &str) -> impl Iterator<Item = f64> {
        self.text.lines().filter_map(move |line| {
            let rest = line.strip_prefix(name)?;
            let value = match rest.as_bytes().first()? {
                // A label value may contain a brace, so the last one closes.
                b'{' => &rest[rest.rfind('}')? + 1..],
                b' ' | b'\t' => rest,
                _ => return None,
            };
            let number: f64 = value.split_whitespace().next()?.parse().ok()?;
            number.is_finite().then_some(number)
        })
    }

    /// Sum over all label sets (several engines behind one port) under the first of the names that occurs.
    pub fn sum(&self, names: &[&str]) -> Option<f64> {
        names
            .iter()
            .find_map(|name| self.values(name).reduce(|sum, value| sum + value))
    }

    /// Largest value under the first of the names that occurs.
    pub fn max(&self, names: &[&str]) -> Option<f64> {
        names.iter().find_map(|name| self.values(name).reduce(f64::max))
    }
}

/// Counts are sent as floating point; a negative one counts as zero.
pub(super) fn whole(value: f64) -> u64 {
    value.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP a_total things\n# TYPE a_total counter\na_total{engine=\"0\",m=\"x}y z\"} 2.0\n\
                        a_total{engine=\"1\"} 3e0 1700000000\na_total_created{engine=\"0\"} 99\nb 0.5\nc NaN\n";

    #[test]
    fn label_sets_are_added_and_similar_names_kept_apart() {
        let samples = Samples::new(TEXT);
        assert_eq!(samples.sum(&["a_total"]), Some(5.0));
        assert_eq!(samples.max(&["a_total"]), Some(3.0));
        assert_eq!(samples.sum(&["old_b", "b"]), Some(0.5));
        assert_eq!(samples.sum(&["c"]), None);
        assert_eq!(samples.sum(&["a"]), None);
    }
}
