//! Days, years and their likes: the proleptic Gregorian calendar.

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// 0 is the year before 1.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
    /// From 0.
    pub hour: i64,
    /// From 0.
    pub minute: i64,
    /// From 0.
    pub second: i64,
}

const DAY: i64 = 86_400;

impl Civil {
    /// From seconds since 1970 in the zone's own time.
    pub fn from_seconds(seconds: i64) -> Self {
        let (days, rest) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        // Years from March, in eras of 400 years: after Howard Hinnant's `civil_from_days`.
        let shifted = days + 719_468;
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    /// Seconds since 1970. Months and days beyond their range carry over, as in `time.Date`.
    pub fn to_seconds(self) -> i64 {
        let months = self.year.saturating_mul(12).saturating_add(self.month - 1);
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let year = year.clamp(-1_000_000_000, 1_000_000_000) - i64::from(month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let from_march = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * from_march + 2) / 5;
        let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
        let days =
            era * 146_097 + of_era - 719_468 + (self.day - 1).clamp(-1_000_000_000_000, 1_000_000_000_000);
        days.saturating_mul(DAY).saturating_add(self.hour * 3600 + self.minute * 60 + self.second)
    }

    /// 0 for Sunday.
    pub fn weekday(self) -> usize {
        let days = self.to_seconds().div_euclid(DAY);
        usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0)
    }

    /// From 1.
    pub fn day_of_year(self) -> i64 {
        let first = Self { month: 1, day: 1, ..self };
        (self.to_seconds() - first.to_seconds()) / DAY + 1
    }
}

/// How many days a month has.
pub(super) fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for seconds in [0, -1, 951_782_400, 253_402_300_799, -62_135_596_800, 1_582_934_400] {
            assert_eq!(Civil::from_seconds(seconds).to_seconds(), seconds);
        }
        let leap = Civil::from_seconds(951_782_400);
        assert_eq!((leap.year, leap.month, leap.day, leap.weekday()), (2000, 2, 29, 2));
        assert_eq!(leap.day_of_year(), 60);
    }
}
