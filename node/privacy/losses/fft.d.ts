/** What is used of fft.js, which comes without types: complex numbers lie one after another, real part first. */
declare module "fft.js" {
  export default class FFT {
    /** @param size a power of two above 1 */
    constructor(size: number);
    transform(out: Float64Array, data: Float64Array): void;
    /** Divided by the size. */
    inverseTransform(out: Float64Array, data: Float64Array): void;
  }
}
