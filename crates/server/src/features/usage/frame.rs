//! Records in a file: length and CRC-32, four bytes each, little endian, then the payload. A crash can only damage the end, and
//! the damage is seen.

/// Payloads are events of well under a kilobyte; a length beyond this is damage.
const LONGEST_PAYLOAD: usize = 1 << 20;
const HEADER: usize = 8;

pub fn encode(payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADER + payload.len());
    frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    frame.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// What lies at a place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// A whole record, and how many bytes it takes.
    Record(&'a [u8], usize),
    /// Nothing more, or the beginning of a record that was not written to its end.
    Torn,
    /// Bytes that no record of ours begins with, or whose checksum is wrong.
    Damaged,
}

pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
        return Decoded::Torn;
    };
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (length, checksum) = (number(0) as usize, number(4));
    // Zeros are what a file system leaves when the machine died before the data arrived.
    if length == 0 || length > LONGEST_PAYLOAD {
        return Decoded::Damaged;
    }
    match rest.get(..length) {
        None => Decoded::Torn,
        Some(payload) if crc32fast::hash(payload) != checksum => Decoded::Damaged,
        Some(payload) => Decoded::Record(payload, HEADER + length),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_is_read_back_and_every_cut_is_torn(payload in prop::collection::vec(any::<u8>(), 1..300), cut in 0usize..300) {
            let frame = encode(&payload);
            prop_assert_eq!(decode(&frame), Decoded::Record(&payload, frame.len()));
            prop_assert_eq!(decode(&frame[..cut % frame.len()]), Decoded::Torn);
        }

        #[test]
        fn a_flipped_bit_is_noticed(payload in prop::collection::vec(any::<u8>(), 1..300), position in any::<prop::sample::Index>(), bit in 0u8..8) {
            let mut frame = encode(&payload);
            let position = position.index(frame.len());
            frame[position] ^= 1 << bit;
            prop_assert!(!matches!(decode(&frame), Decoded::Record(..)));
        }
    }
}
