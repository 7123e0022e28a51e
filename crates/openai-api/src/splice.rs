//! Edits as splices: a range of the original and the bytes that stand there instead.

use std::ops::Range;

/// Replace `range` by `with`: an insertion when the range is empty, a removal when `with` is.
#[derive(Debug)]
pub(crate) struct Patch<'a> {
    pub range: Range<usize>,
    pub with: &'a [u8],
}

/// How many bytes `source` has after `patches`.
pub(crate) fn spliced_len(source: &[u8], patches: &[Patch<'_>]) -> usize {
    patches
        .iter()
        .fold(source.len(), |len, patch| len - patch.range.len() + patch.with.len())
}

/// Appends `source` with `patches` applied. They must be sorted and must not overlap.
pub(crate) fn splice_into(out: &mut Vec<u8>, source: &[u8], patches: &[Patch<'_>]) {
    let mut copied = 0;
    for patch in patches {
        out.extend_from_slice(&source[copied..patch.range.start]);
        out.extend_from_slice(patch.with);
        copied = patch.range.end;
    }
    out.extend_from_slice(&source[copied..]);
}

/// Appends `text` as a JSON string.
pub(crate) fn push_json_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
