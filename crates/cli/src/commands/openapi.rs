//! `inventiv openapi`

#[expect(clippy::print_stdout, reason = "the document is what was asked for")]
pub fn run() -> anyhow::Result<()> {
    print!("{}", inventiv_server::program::document()?);
    Ok(())
}
