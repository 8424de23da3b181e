"""The mathematics of the network, on the array API standard alone.

Every function takes the array namespace ``xp`` as its first argument and works on whatever arrays that
namespace makes: nothing here imports an array library or knows a device.

Symbols: ``X`` inputs (n, d), ``z`` weighted input, ``h`` activation, ``dz`` and ``dh`` gradients of the cost by
them, ``T`` targets (n, k), ``theta`` all parameters (P,) and ``g`` the gradient of the cost by them. Leading
axes are members: theta (m, P) is m networks of one architecture side by side.
"""
