import { describeMistakes } from '../../support/check/describeMistakes'

describeMistakes('mini', 0)
