"""Operators of torch that are known to hold no matrix product."""

from __future__ import annotations

from typing import Any

import torch

_NAMES = """
_adaptive_avg_pool2d _adaptive_avg_pool2d_backward _adaptive_avg_pool3d
_adaptive_avg_pool3d_backward _assert_async _assert_scalar _assert_tensor_metadata
_batch_norm_no_update _batch_norm_with_update _ctc_loss _ctc_loss_backward _efficientzerotensor
_embedding_bag _embedding_bag_backward _embedding_bag_dense_backward _embedding_bag_forward_only
_embedding_bag_per_sample_weights_backward _fused_rms_norm _fused_rms_norm_backward
_index_put_impl_ _linalg_check_errors _local_scalar_dense _log_softmax _log_softmax_backward_data
_native_batch_norm_legit _native_batch_norm_legit_functional _native_batch_norm_legit_no_training
_nested_tensor_from_mask_left_aligned
_pack_padded_sequence _pack_padded_sequence_backward
_prelu_kernel _prelu_kernel_backward _reshape_alias _reshape_copy _safe_softmax _softmax
_softmax_backward_data _thnn_fused_gru_cell _thnn_fused_gru_cell_backward _thnn_fused_lstm_cell
_thnn_fused_lstm_cell_backward_impl _to_copy _unique2 _unsafe_index _unsafe_index_put
_unsafe_masked_index _unsafe_masked_index_put_accumulate _unsafe_view _upsample_bicubic2d_aa
_upsample_bilinear2d_aa _upsample_bilinear2d_aa_backward _upsample_nearest_exact2d
_weight_norm_interface _weight_norm_interface_backward adaptive_max_pool2d
adaptive_max_pool2d_backward adaptive_max_pool3d adaptive_max_pool3d_backward aminmax arange
argsort avg_pool1d avg_pool2d avg_pool2d_backward avg_pool3d avg_pool3d_backward
batch_norm_backward bernoulli bernoulli_ binary_cross_entropy binary_cross_entropy_backward
bincount bucketize cat cauchy_ celu_ channel_shuffle clamp_ clamp_max_ clamp_min_ clone col2im
constant_pad_nd copy copy_ cudnn_batch_norm cudnn_batch_norm_backward cummax cummin cumprod cumsum
diag_embed diagonal_backward dropout_ elu elu_ elu_backward embedding embedding_dense_backward
embedding_renorm_ empty_like empty_permuted exponential_ eye fill fill_ flip fractional_max_pool2d
fractional_max_pool2d_backward fractional_max_pool3d fractional_max_pool3d_backward full_like
gather gelu_ geometric_ glu glu_backward glu_jvp grid_sampler_2d grid_sampler_2d_backward
grid_sampler_3d grid_sampler_3d_backward hardshrink hardsigmoid_ hardsigmoid_backward hardswish
hardswish_ hardswish_backward hardtanh hardtanh_ hardtanh_backward histc huber_loss
huber_loss_backward im2col index index_add index_add_ index_copy index_copy_ index_fill index_put
index_put_ index_select is_same_size kthvalue leaky_relu_ leaky_relu_backward lift lift_fresh
lift_fresh_copy linspace log_normal_ log_sigmoid_backward logcumsumexp logical_not masked_fill
masked_fill_ masked_scatter masked_scatter_ masked_select max_pool2d_with_indices
max_pool2d_with_indices_backward max_pool3d_with_indices max_pool3d_with_indices_backward
max_unpool2d max_unpool3d median miopen_batch_norm mish mish_ mode mse_loss mse_loss_backward
multi_margin_loss multi_margin_loss_backward multilabel_margin_loss_backward
multilabel_margin_loss_forward multinomial nanmedian native_batch_norm native_batch_norm_backward
native_dropout native_dropout_backward native_group_norm native_group_norm_backward
native_layer_norm native_layer_norm_backward new_empty new_empty_strided new_full new_ones
new_zeros nll_loss2d_backward nll_loss2d_forward nll_loss_backward nll_loss_forward nonzero
normal_ normal_functional ones_like pixel_shuffle pixel_unshuffle rand_like randint_like
randn_like random_ randperm record_stream reflection_pad1d reflection_pad1d_backward
reflection_pad2d reflection_pad2d_backward reflection_pad3d reflection_pad3d_backward relu_ repeat
repeat_interleave replication_pad1d replication_pad1d_backward replication_pad2d
replication_pad2d_backward replication_pad3d replication_pad3d_backward resize_ roll rot90
rrelu_with_noise rrelu_with_noise_ rrelu_with_noise_backward scalar_tensor scatter scatter_
scatter_add scatter_add_ scatter_reduce scatter_reduce_ searchsorted select_backward
select_scatter selu_ set_ sigmoid_ silu silu_ slice_backward slice_scatter smooth_l1_loss
smooth_l1_loss_backward soft_margin_loss soft_margin_loss_backward softplus softplus_backward
softshrink softshrink_backward sort split_with_sizes_copy squeeze_ stack std std_mean swapaxes_
sym_numel sym_size sym_storage_offset sym_stride t_ tanh_ threshold_ threshold_backward topk
transpose_ tril tril_ triu triu_ unfold_backward uniform_ unique_consecutive unsafe_split
unsafe_split_with_sizes unsqueeze_ upsample_bicubic2d upsample_bicubic2d_backward
upsample_bilinear2d upsample_bilinear2d_backward upsample_linear1d upsample_linear1d_backward
upsample_nearest1d upsample_nearest1d_backward upsample_nearest2d upsample_nearest2d_backward
upsample_nearest3d upsample_nearest3d_backward upsample_trilinear3d upsample_trilinear3d_backward
value_selecting_reduction_backward var var_mean zero zero_ zeros_like
"""
WITHOUT_PRODUCTS = frozenset(f"aten::{name}" for name in _NAMES.split())
"""Operators without products that neither a tag nor their kind tells."""

_TAGS = (torch.Tag.pointwise, torch.Tag.reduction, torch.Tag.inplace_view)


def has_no_product(operator: Any, tensors: int) -> bool:
    """Whether an operator is known to hold no product.

    Args:
        operator: an overload of torch.
        tensors: how many tensors it is given; one without any multiplies nothing.
    """
    if tensors == 0 or operator.is_view or name_of(operator) in WITHOUT_PRODUCTS:
        return True
    return any(tag in operator.tags for tag in _TAGS)


def name_of(operator: Any) -> str:
    """Name of an operator without its overload: ``aten::mm``."""
    return str(operator._schema.name)
