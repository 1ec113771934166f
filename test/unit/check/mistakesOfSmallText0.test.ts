import { describeMistakes } from '../../support/check/describeMistakes'

describeMistakes('small', 0)
