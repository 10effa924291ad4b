//! Zip files with names and contents that no honest program would pack.

use flate2::Crc;

/// A zip file of these entries, stored as they are.
///
/// # Panics
/// If an entry is larger than 4 GiB.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let size = |bytes: usize| u32::try_from(bytes).expect("an entry fits into a zip file").to_le_bytes();
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let mut crc = Crc::new();
        crc.update(content);
        // Version, flags, method, time, date; checksum; sizes; lengths of the name and of extra
        // fields.
        let mut header = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0].to_vec();
        header.extend(crc.sum().to_le_bytes());
        header.extend(size(content.len()));
        header.extend(size(content.len()));
        header.extend(&size(name.len())[..2]);
        header.extend([0, 0]);
        let start = size(file.len());
        file.extend(b"PK\x03\x04");
        file.extend(&header);
        file.extend(name.as_bytes());
        file.extend(*content);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&header);
        // Comment, disk, attributes, where the entry starts.
        directory.extend([0; 10]);
        directory.extend(start);
        directory.extend(name.as_bytes());
    }
    let start = size(file.len());
    let number = &size(entries.len())[..2];
    let length = size(directory.len());
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(number);
    file.extend(number);
    file.extend(length);
    file.extend(start);
    file.extend([0, 0]);
    file
}
