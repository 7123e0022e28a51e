//! What an instance may be called.

use crate::error::Result;
use crate::validation::Validation;

/// A name as it is kept; `None` is none, and the instance goes by its model's.
///
/// # Errors
/// 422 on `name`.
pub fn checked_name(name: Option<&str>) -> Result<Option<&str>> {
    let mut validation = Validation::default();
    if let Some(name) = name {
        validation.line("name", name, 1, 100);
    }
    validation.finish()?;
    Ok(name.map(str::trim))
}
