/** Moments that never repeat: the clock's milliseconds with counted microseconds behind them. */
export const createMoments = (clock: () => Date): (() => string) => {
  let last = '';
  let micros = 0;
  return () => {
    const moment = clock().toISOString().slice(0, 23);
    micros = moment === last ? micros + 1 : 0;
    last = moment;
    return `${moment}${String(micros % 1000).padStart(3, '0')}Z`;
  };
};
