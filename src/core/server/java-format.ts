// Numbers and moments as Java prints them, since tools parse what four-letter words answer.

/** Double.toString for what averages of up to four decimals can be: always a decimal, below a thousandth with an exponent. */
export function javaDouble(value: number): string {
  if (value === 0 || value >= 0.001) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  const [digits = "0", exponent = "0"] = value.toExponential().split("e");
  return `${digits.includes(".") ? digits : `${digits}.0`}E${exponent}`;
}

/** To four decimals, half up (AvgMinMaxCounter.getAvg). */
export const average = (total: number, count: number): number =>
  count === 0 ? 0 : Math.round((total / count) * 10_000) / 10_000;

/** From the first of January 1970 on. */
const weekdays: readonly string[] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const months: readonly string[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const dayMs = 86_400_000;

/** Date.toString in UTC: `Sun Nov 22 14:28:10 UTC 2026`. */
export function javaDate(epochMs: number): string {
  const days = Math.floor(epochMs / dayMs);
  const seconds = Math.floor((epochMs - days * dayMs) / 1000);
  const { year, month, day } = civilDate(days);
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(twoDigits).join(":");
  const weekday = weekdays[((days % 7) + 7) % 7];
  return `${weekday} ${months[month - 1]} ${twoDigits(day)} ${time} UTC ${year}`;
}

const twoDigits = (value: number): string => String(Math.floor(value)).padStart(2, "0");

/** The Gregorian date that many days after 1 January 1970, by way of years that begin in March and eras of 400 of them. */
function civilDate(days: number): { year: number; month: number; day: number } {
  const sinceEra = days + 719_468;
  const era = Math.floor(sinceEra / 146_097);
  const dayOfEra = sinceEra - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}
