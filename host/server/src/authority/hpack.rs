//! Header compression, RFC 7541: a full decoder, and the simplest encoder there is.

use std::collections::VecDeque;

use bytes::Bytes;

use super::Malformed;
use super::huffman;
use super::static_table::FIELDS;

/// The table that a peer may fill unless the server says otherwise, and this one does not.
const MAX_TABLE_BYTES: usize = 4096;

/// What an entry costs beside its name and value, section 4.1.
const ENTRY_BYTES: usize = 32;

/// All names and values of a block together. The server's own limit is lower; this one bounds what
/// a small block can blow up to.
const MAX_LIST_BYTES: usize = 256 << 10;

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: Bytes,
    pub(super) value: Bytes,
    /// Must not be put into a table by anyone on the way.
    pub(super) never_indexed: bool,
}

/// A decoder with the table that its peer fills.
pub(super) struct Decoder {
    /// The newest first.
    table: VecDeque<(Bytes, Bytes)>,
    table_bytes: usize,
    max_table_bytes: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { table: VecDeque::new(), table_bytes: 0, max_table_bytes: MAX_TABLE_BYTES }
    }
}

impl Decoder {
    /// Decodes a whole block.
    pub(super) fn decode(&mut self, block: &[u8]) -> Result<Vec<Field>, Malformed> {
        let mut input = Input(block);
        let (mut fields, mut list_bytes) = (Vec::new(), 0);
        while let Some(&first) = input.0.first() {
            let field = if first & 0x80 != 0 {
                let (name, value) = self.entry(input.integer(7)?)?;
                Field { name, value, never_indexed: false }
            } else if first & 0xc0 == 0x40 {
                let (name, value) = self.literal(&mut input, 6)?;
                self.insert(name.clone(), value.clone());
                Field { name, value, never_indexed: false }
            } else if first & 0xe0 == 0x20 {
                let size = input.integer(5)?;
                if size > MAX_TABLE_BYTES || !fields.is_empty() {
                    return Err(Malformed("a header table that was not agreed on"));
                }
                self.max_table_bytes = size;
                self.evict();
                continue;
            } else {
                let never_indexed = first & 0x10 != 0;
                let (name, value) = self.literal(&mut input, 4)?;
                Field { name, value, never_indexed }
            };
            list_bytes += field.name.len() + field.value.len() + ENTRY_BYTES;
            if list_bytes > MAX_LIST_BYTES {
                return Err(Malformed("more headers than anyone needs"));
            }
            fields.push(field);
        }
        Ok(fields)
    }

    fn literal(&self, input: &mut Input<'_>, prefix: u8) -> Result<(Bytes, Bytes), Malformed> {
        let name = match input.integer(prefix)? {
            0 => input.string()?,
            index => self.entry(index)?.0,
        };
        Ok((name, input.string()?))
    }

    fn entry(&self, index: usize) -> Result<(Bytes, Bytes), Malformed> {
        let missing = Malformed("an index into nothing");
        let index = index.checked_sub(1).ok_or(missing)?;
        if let Some((name, value)) = FIELDS.get(index) {
            return Ok((Bytes::from_static(name.as_bytes()), Bytes::from_static(value.as_bytes())));
        }
        self.table.get(index - FIELDS.len()).cloned().ok_or(missing)
    }

    fn insert(&mut self, name: Bytes, value: Bytes) {
        self.table_bytes += name.len() + value.len() + ENTRY_BYTES;
        self.table.push_front((name, value));
        self.evict();
    }

    fn evict(&mut self) {
        while self.table_bytes > self.max_table_bytes {
            let Some((name, value)) = self.table.pop_back() else { return };
            self.table_bytes -= name.len() + value.len() + ENTRY_BYTES;
        }
    }
}

/// What is left of a block.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed("a header block that ends in a field"))?;
        self.0 = rest;
        Ok(*first)
    }

    /// An integer that begins in the low bits of the next byte, section 5.1.
    fn integer(&mut self, prefix: u8) -> Result<usize, Malformed> {
        let mask = usize::from(u8::MAX >> (8 - prefix));
        let mut value = usize::from(self.byte()?) & mask;
        if value < mask {
            return Ok(value);
        }
        // Four bytes are more than any length or index needs.
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed("a number that is too large"))
    }

    /// A string, section 5.2.
    fn string(&mut self) -> Result<Bytes, Malformed> {
        let is_huffman = self.0.first().is_some_and(|first| first & 0x80 != 0);
        let length = self.integer(7)?;
        let cut = Malformed("a header block that ends in a string");
        let (text, rest) = self.0.split_at_checked(length).ok_or(cut)?;
        self.0 = rest;
        if is_huffman {
            let text = huffman::decode(text).ok_or(Malformed("a string that is no Huffman code"))?;
            Ok(text.into())
        } else {
            Ok(Bytes::copy_from_slice(text))
        }
    }
}

/// Encodes fields as literals that touch no table.
pub(super) fn encode(fields: &[Field]) -> Vec<u8> {
    let mut block =
        Vec::with_capacity(fields.iter().map(|field| field.name.len() + field.value.len() + 8).sum());
    for field in fields {
        block.push(if field.never_indexed { 0x10 } else { 0 });
        for text in [&field.name, &field.value] {
            put_integer(&mut block, 0, 7, text.len());
            block.extend_from_slice(text);
        }
    }
    block
}

#[allow(clippy::cast_possible_truncation)] // each value is below what its place holds
fn put_integer(block: &mut Vec<u8>, flags: u8, prefix: u8, mut value: usize) {
    let mask = usize::from(u8::MAX >> (8 - prefix));
    if value < mask {
        block.push(flags | value as u8);
        return;
    }
    block.push(flags | mask as u8);
    value -= mask;
    while value >= 0x80 {
        block.push(value as u8 | 0x80);
        value >>= 7;
    }
    block.push(value as u8);
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: String = text.split_whitespace().collect();
        let pairs = (0..digits.len()).step_by(2);
        pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    }

    pub(in super::super) fn field(name: &str, value: &str) -> Field {
        let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        Field { name: bytes(name), value: bytes(value), never_indexed: false }
    }

    fn shown(fields: &[Field]) -> String {
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        fields.iter().map(|field| [&text(&field.name), ": ", &text(&field.value), "\n"].concat()).collect()
    }

    /// Section C.4: requests with Huffman code that share a table.
    #[test]
    fn decodes_the_requests_of_the_standard() {
        let mut decoder = Decoder::default();
        for (block, expected) in [
            (
                "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
                ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\n",
            ),
            (
                "8286 84be 5886 a8eb 1064 9cbf",
                ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache\n",
            ),
            (
                "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
                ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value\n",
            ),
        ] {
            assert_eq!(shown(&decoder.decode(&hex(block)).unwrap()), expected);
        }
        assert_eq!(decoder.table_bytes, 164);
    }

    /// Section C.5: a table of 256 bytes, so that entries fall out.
    #[test]
    fn evicts_as_the_standard_does() {
        let mut decoder = Decoder::default();
        decoder.decode(&hex("3fe1 01")).unwrap(); // 256 bytes
        for (block, table_bytes) in [
            (
                "4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
                222,
            ),
            ("4803 3330 37c1 c0bf", 222),
        ] {
            let fields = decoder.decode(&hex(block)).unwrap();
            assert_eq!(fields.len(), 4);
            assert_eq!(decoder.table_bytes, table_bytes);
        }
        decoder.decode(&[0x20]).unwrap();
        assert!(decoder.table.is_empty(), "a table of no bytes has no entries");
    }

    #[test]
    fn refuses_what_is_no_block() {
        for block in [
            "80",                  // index 0
            "c0",                  // an index beyond the table
            "40",                  // no name
            "4001 61",             // no value
            "0005 6162",           // a name that is cut off
            "0081 ff00",           // no Huffman code
            "3fe2 7f",             // a table of 16 KiB
            "82 20",               // a change of the table after a field
            "7fff ffff ffff ffff", // a huge index
        ] {
            assert!(Decoder::default().decode(&hex(block)).is_err(), "{block}");
        }
    }

    #[test]
    fn bounds_what_a_small_block_blows_up_to() {
        let mut decoder = Decoder::default();
        let mut first = vec![0x40, 1, b'a', 0x7f, 0xa1, 0x1e]; // a value of 4000 bytes
        first.resize(first.len() + 4000, b'b');
        assert_eq!(decoder.decode(&first).unwrap()[0].value.len(), 4000);
        assert!(decoder.decode(&[0xbe; 1000]).is_err());
    }

    proptest! {
        #[test]
        fn decodes_what_it_encodes(fields in prop::collection::vec(("[a-z:-]{1,20}", "\\PC{0,100}", any::<bool>()), 0..10)) {
            let fields: Vec<Field> = fields
                .iter()
                .map(|(name, value, never_indexed)| Field { never_indexed: *never_indexed, ..field(name, value) })
                .collect();
            let mut decoder = Decoder::default();
            prop_assert_eq!(decoder.decode(&encode(&fields)).unwrap(), fields);
            prop_assert!(decoder.table.is_empty());
        }

        #[test]
        fn takes_any_bytes(blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..8)) {
            let mut decoder = Decoder::default();
            for block in blocks {
                let _ = decoder.decode(&block);
                prop_assert!(decoder.table_bytes <= decoder.max_table_bytes);
                let sum: usize = decoder.table.iter().map(|(name, value)| name.len() + value.len() + ENTRY_BYTES).sum();
                prop_assert_eq!(decoder.table_bytes, sum);
            }
        }
    }
}
