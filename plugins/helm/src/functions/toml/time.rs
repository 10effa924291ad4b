//! TOML's times without an offset, which `BurntSushi/toml` tells apart by the names of their zones.

use oarlock_go::time::{Time, Zone, format};

pub(super) const LOCAL_DATETIME: &str = "datetime-local";
pub(super) const LOCAL_DATE: &str = "date-local";
pub(super) const LOCAL_TIME: &str = "time-local";

/// The same in the local zone under another name.
pub(super) fn in_zone_named(time: Time, name: Option<&str>) -> Time {
    match name {
        Some(name) => Time { zone: Zone::fixed(0, name.to_owned()), ..time },
        None => time,
    }
}

/// As TOML writes it.
pub(super) fn to_toml(time: &Time) -> String {
    let name = match &time.zone {
        Zone::Fixed { name, .. } => name.as_str(),
        Zone::Named(_) => "",
    };
    let layout = match name {
        LOCAL_DATETIME => "2006-01-02T15:04:05.999999999",
        LOCAL_DATE => "2006-01-02",
        LOCAL_TIME => "15:04:05.999999999",
        _ => "2006-01-02T15:04:05.999999999Z07:00",
    };
    format(time, layout)
}
