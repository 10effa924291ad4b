//! An instant and the zone that it is shown in.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::NANOS_PER_SECOND;
use super::civil::Civil;

/// An instant.
#[derive(Clone, Debug)]
pub struct Time {
    /// Seconds since 1970.
    pub seconds: i64,
    /// Below a second.
    pub nanos: u32,
    /// Where it is shown.
    pub zone: Zone,
}

/// A zone: one of the database, or an offset with a name.
#[derive(Clone, Debug)]
pub enum Zone {
    /// One of the database.
    Named(TimeZone),
    /// An offset in seconds, east of Greenwich.
    Fixed {
        /// Seconds east of Greenwich.
        offset: i64,
        /// Its abbreviation; empty for none.
        name: String,
    },
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self::Fixed { offset: 0, name: "UTC".to_owned() }
    }

    /// The local zone is UTC: what is rendered must not depend on where.
    pub fn local() -> Self {
        Self::utc()
    }

    /// An offset with a name.
    pub fn fixed(offset: i64, name: String) -> Self {
        Self::Fixed { offset, name }
    }

    /// `time.LoadLocation`.
    pub fn load(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::utc()),
            "Local" => Some(Self::local()),
            name => TimeZone::get(name).ok().map(Self::Named),
        }
    }
}

impl Time {
    /// The first of January of the year 1.
    pub fn zero() -> Self {
        Self { seconds: -62_135_596_800, nanos: 0, zone: Zone::utc() }
    }

    /// Nanoseconds since 1970.
    pub fn nanos(&self) -> i128 {
        i128::from(self.seconds) * NANOS_PER_SECOND + i128::from(self.nanos)
    }

    /// `Time.Add`, in nanoseconds.
    #[must_use]
    pub fn plus(&self, nanos: i64) -> Self {
        let total = self.nanos() + i128::from(nanos);
        Self {
            seconds: i64::try_from(total.div_euclid(NANOS_PER_SECOND)).unwrap_or(self.seconds),
            nanos: u32::try_from(total.rem_euclid(NANOS_PER_SECOND)).unwrap_or(0),
            zone: self.zone.clone(),
        }
    }

    /// The instant, as near as the database of zones goes.
    fn instant(&self) -> Timestamp {
        let nearest = if self.seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_second(self.seconds).unwrap_or(nearest)
    }

    /// Whether it is summer time there and then.
    pub fn is_dst(&self) -> bool {
        match &self.zone {
            Zone::Fixed { .. } => false,
            Zone::Named(zone) => zone.to_offset_info(self.instant()).dst().is_dst(),
        }
    }

    /// Seconds east of Greenwich.
    pub fn offset(&self) -> i64 {
        match &self.zone {
            Zone::Fixed { offset, .. } => *offset,
            Zone::Named(zone) => zone.to_offset(self.instant()).seconds().into(),
        }
    }

    /// The zone's abbreviation at this instant; an offset, where it has none.
    pub fn zone_name(&self) -> String {
        let named = match &self.zone {
            Zone::Fixed { name, .. } => name.clone(),
            Zone::Named(zone) => zone.to_offset_info(self.instant()).abbreviation().to_owned(),
        };
        if !named.is_empty() {
            return named;
        }
        let (offset, size) = (self.offset(), self.offset().abs());
        let sign = if offset < 0 { '-' } else { '+' };
        format!("{sign}{:02}{:02}", size / 3600, size / 60 % 60)
    }

    /// As calendar and clock have it, in its zone.
    pub fn civil(&self) -> Civil {
        Civil::from_seconds(self.seconds.saturating_add(self.offset()))
    }
}
