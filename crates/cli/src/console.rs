//! The console inside the program: what `web/` built into `web/dist` when this is compiled. Debug builds read it from there at run time.

use inventiv_server::plumbing::console::File;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

pub fn file(path: &str) -> Option<File> {
    Dist::get(path).map(|file| File {
        sha256: file.metadata.sha256_hash(),
        media_type: file.metadata.mimetype().to_owned(),
        content: file.data,
    })
}
