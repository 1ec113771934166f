import { LogitscopeError } from '../../shared/errors'

/** A file of arrays cannot be read, or has not what is needed from it. */
export class ArrayFileError extends LogitscopeError {}

/** The file is a pickle, which can run any code when it is loaded; the message has the line that converts it. */
export class PickledArrayError extends ArrayFileError {
  /** @param conversion the line of Python that converts the file */
  constructor(
    message: string,
    readonly conversion: string,
  ) {
    super(message)
  }
}

/** The file ends before its arrays do: it was cut off, or its program is still writing it. */
export class IncompleteArrayFileError extends ArrayFileError {}

/** The file was rewritten, replaced or deleted while it was read; what was read of it must not be judged. Read it again. */
export class FileChangedError extends ArrayFileError {}
